// hostile 26: arguments that are millions of values, to keep the host's thread busy
// ends: nothing timeout memory-limit guest-error lost

async function attack() {
  const loot = [];
  const many = [];
  for (let i = 0; i < 600_000; i++) many[i] = 0;
  for (let i = 0; i < 3; i++) {
    try {
      await airlock.events.emit("x", many);
      loot.push(i);
    } catch { /* refused */ }
  }
  return loot;
}
