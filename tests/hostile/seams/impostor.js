export async function attack() {
  const loot = [];
  if (airlock.env) loot.push(await airlock.env.get("AIRLOCK_HOSTILE"));
  if (airlock.fs) loot.push(await airlock.fs.read("note.txt"));
  if (airlock.kv) loot.push(await airlock.kv.get("secret"));
  return loot;
}
