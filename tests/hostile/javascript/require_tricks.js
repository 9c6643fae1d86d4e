// hostile 9: what hangs on require, module and exports
// ends: nothing

const own = { require, module, exports };
function attack() {
  const loot = [];
  for (const [name, value] of Object.entries(own)) {
    for (const key of ["cache", "main", "extensions", "resolve", "paths", "parent", "children", "_load", "createRequire"]) {
      const found = value?.[key];
      if (found !== undefined && found !== null) loot.push(`${name}.${key}`);
    }
    const maker = value?.constructor?.constructor;
    try {
      if (maker("return typeof Deno")() !== "undefined") loot.push(name);
    } catch { /* refused */ }
  }
  return loot;
}
module.exports = { attack };
