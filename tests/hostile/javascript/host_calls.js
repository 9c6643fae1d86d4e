// hostile 26: a flood of host calls
// ends: nothing timeout

async function attack() {
  const all = [];
  for (let i = 0; i < 5_000; i++) all.push(airlock.var.set("k" + (i % 50), "v"));
  const ends = await Promise.allSettled(all);
  return ends.filter(({ reason }) => reason !== undefined && reason.code !== "quota").map(String).slice(0, 3);
}
