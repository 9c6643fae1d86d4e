// hostile 1: a literal import of a file outside, as text or data
// ends: bad-guest-data unsupported nothing

export async function attack() {
  const loot = [];
  const tries = [
    () => import("@@SECRET_URL@@", { with: { type: "text" } }),
    () => import("@@SECRET_JSON_URL@@", { with: { type: "json" } }),
    () => import("@@SECRET_URL@@", { with: { type: "bytes" } }),
    () => import("../outside/secret.json", { with: { type: "json" } }),
  ];
  for (const one of tries) {
    try {
      loot.push((await one()).default);
    } catch { /* refused */ }
  }
  return loot;
}
