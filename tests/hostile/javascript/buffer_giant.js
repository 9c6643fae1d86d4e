// hostile 23: a buffer larger than any memory
// ends: nothing memory-limit lost guest-error trap
// tiers: quickjs process

function attack() {
  for (const size of [2 ** 53 - 1, 2 ** 40, 2 ** 33]) {
    try {
      new ArrayBuffer(size);
      return [size];
    } catch { /* refused */ }
    try {
      new ArrayBuffer(8, { maxByteLength: size }).resize(size);
      return [size];
    } catch { /* refused */ }
  }
  return [];
}
