// hostile 26: expressions that are nested, counted and large beyond any stack
// ends: nothing timeout memory-limit guest-error trap lost
// tiers: quickjs process

function attack() {
  const n = 50_000;
  const sources = ["(".repeat(n) + ")".repeat(n), "(?:a?".repeat(n) + ")".repeat(n), "(?<=".repeat(n) + "a" + ")".repeat(n), "a{2147483647}{2147483647}",
    "(?:a{1000}){1000}", "[" + "\\u{10ffff}-".repeat(n) + "]", "|".repeat(1e6), "(?<n" + "a".repeat(1e6) + ">x)\\k<n>", "\\1".repeat(n), "(a*)*".repeat(500) + "b"];
  for (const source of sources) {
    for (const flags of ["", "u", "v", "iy"]) {
      try { new RegExp(source, flags).exec("aaab") } catch { /* refused */ }
    }
  }
  return [];
}
