const { config } = airlock;
export function attack() {
  const loot = [];
  for (const key of ["isAdmin", "polluted"]) {
    if ({}[key] !== undefined || Object.prototype[key] !== undefined || config[key] !== undefined) {
      loot.push(key);
    }
  }
  for (const key of ["toString", "hasOwnProperty", "valueOf"]) {
    if (Object.hasOwn(config, key)) loot.push(key);
  }
  // what the configuration has by these names is data, and no way to any function
  const written = Object.getOwnPropertyDescriptor(config, "constructor")?.value;
  if (typeof written === "function") loot.push("constructor");
  try {
    config.added = 1;
  } catch { /* it is frozen */ }
  if (config.added !== undefined) loot.push("added");
  return loot;
}
