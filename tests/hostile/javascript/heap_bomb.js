// hostile 22: objects until there is no memory
// ends: memory-limit lost timeout trap guest-error
// tiers: quickjs process

function attack() {
  const all = [];
  for (;;) all.push({ a: [all.length, "x" + all.length] });
}
