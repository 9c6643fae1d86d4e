// hostile 13: ending the process
// ends: nothing

function attack() {
  const loot = [];
  for (const exit of [
    () => Deno.exit(0),
    () => process.exit(0),
    () => process.reallyExit(0),
    () => process.abort(),
    () => close(),
    () => self.close(),
    () => globalThis.constructor.constructor("close()")(),
  ]) {
    try {
      exit();
      loot.push(String(exit));
    } catch { /* nothing there */ }
  }
  return loot;
}
