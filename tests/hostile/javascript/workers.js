// hostile 10: threads and workers of its own
// ends: nothing

function attack() {
  const loot = [];
  for (const name of ["Worker", "SharedWorker", "MessageChannel", "MessagePort", "ServiceWorker", "importScripts"]) {
    if (typeof globalThis[name] !== "undefined") loot.push(name);
  }
  return loot;
}
