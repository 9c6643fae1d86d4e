// hostile 3: a literal import of another extension's module
// ends: nothing

export async function attack() {
  const loot = [];
  for (const one of [() => import("../victim/index.js"), () => import("@@VICTIM_URL@@")]) {
    try {
      loot.push(Object.keys(await one()));
    } catch { /* refused */ }
  }
  return loot;
}
