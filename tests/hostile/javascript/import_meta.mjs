// hostile 9: the module's own address and what resolves others
// ends: nothing

export function attack() {
  const loot = [...Reflect.ownKeys(import.meta)].map(String);
  for (const name of ["url", "dirname", "filename", "resolve", "main", "env"]) {
    if (import.meta[name] !== undefined) loot.push(name);
  }
  return loot;
}
