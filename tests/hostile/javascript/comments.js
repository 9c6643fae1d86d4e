// hostile 9: HTML comments, separators and marks that end a line where nobody sees it
// ends: nothing

<!-- globalThis.hit = 1
--> globalThis.hit = 2
// separator globalThis.seen = typeof Deno + typeof process;
var hidden = "a b";
function attack() {
  const loot = globalThis.hit === 1 || globalThis.hit === 2 ? [globalThis.hit] : [];
  if (globalThis.seen !== undefined && globalThis.seen !== "undefinedundefined") loot.push(globalThis.seen);
  return loot;
}
