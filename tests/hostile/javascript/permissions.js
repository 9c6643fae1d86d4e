// hostile 15: asking the user for rights
// ends: nothing

async function attack() {
  const loot = [];
  for (const owner of ["Deno", "navigator"]) {
    try {
      const { state } = await globalThis[owner].permissions.request({ name: "read" });
      loot.push(owner + state);
    } catch { /* nothing there */ }
  }
  return loot;
}
