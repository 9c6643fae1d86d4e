// hostile 22: memory to just under the cap, again and again
// ends: nothing timeout memory-limit lost trap guest-error
// tiers: quickjs process

function attack() {
  for (let round = 0; round < 12; round++) {
    const all = [];
    try {
      for (let i = 0; i < 44; i++) all.push(new Uint8Array(1024 * 1024).fill(round));
      all.push("x".repeat(1e6) + round);
    } catch { /* at the cap */ }
  }
  return [];
}
