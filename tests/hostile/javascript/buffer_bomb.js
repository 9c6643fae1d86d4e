// hostile 23: buffers until there is no memory
// ends: memory-limit lost timeout trap guest-error
// tiers: quickjs process

function attack() {
  const all = [];
  for (;;) all.push(new Uint8Array(64 * 1024 * 1024).fill(1));
}
