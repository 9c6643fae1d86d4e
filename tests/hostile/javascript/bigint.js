// hostile 21: one long calculation with whole numbers
// ends: timeout memory-limit lost trap guest-error
// tiers: quickjs process

function attack() {
  let n = 3n;
  for (;;) {
    try { n = n * n; } catch { n = 3n ** 100000n }
    if (String(n).length % 7 === 9) return [n];
  }
}
