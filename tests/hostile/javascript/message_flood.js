// hostile 26: arguments that are large, many and nested
// ends: nothing timeout memory-limit guest-error

async function attack() {
  const big = "x".repeat(1e6);
  const ends = await Promise.allSettled(Array.from({ length: 60 }, () => airlock.var.set("k", big)));
  let deep = {};
  for (let i = 0; i < 1e4; i++) deep = { deep };
  ends.push(...await Promise.allSettled([airlock.var.set("k", deep), airlock.events.emit("x", deep)]));
  return [];
}
