// hostile 12: listeners that swallow signals
// ends: nothing

function attack() {
  const loot = [];
  for (const [owner, add] of [["Deno", "addSignalListener"], ["process", "on"]]) {
    try {
      globalThis[owner][add]("SIGTERM", () => {});
      loot.push(owner);
    } catch { /* nothing there */ }
  }
  for (const name of ["addEventListener", "onmessage", "onerror", "dispatchEvent", "reportError"]) {
    if (typeof globalThis[name] !== "undefined") loot.push(name);
  }
  return loot;
}
