// hostile 55: a finalizer that never ends
// ends: nothing

function attack() {
  const loot = ["FinalizationRegistry", "WeakRef"].filter((name) => typeof globalThis[name] !== "undefined");
  if (loot.length === 0) return [];
  const registry = new FinalizationRegistry(() => { for (;;); });
  for (let i = 0; i < 1e5; i++) registry.register({}, i);
  return loot;
}
