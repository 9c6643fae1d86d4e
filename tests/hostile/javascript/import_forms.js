// hostile 6: import() in every kind of function, and the makers behind its errors
// ends: nothing

async function attack() {
  const loot = [];
  const names = ["node:fs", "npm:x", "./index.js", "../outside/secret.mjs", "data:text/javascript,", "", "airlock:host", "ext:core/ops"];
  const forms = [
    (name) => import(name),
    async (name) => { await 0; return await import(name, { with: { type: "json" } }) },
    (name) => new Promise((resolve, reject) => setTimeout(() => import(name).then(resolve, reject), 0)),
    (name) => new Promise((resolve, reject) => queueMicrotask(() => import(name).then(resolve, reject))),
    (name) => (function* () { yield import(name) })().next().value,
    (name) => new (class { static make = () => import(name, { get with() { throw new RangeError("mine") } }) })().constructor.make(),
  ];
  for (const form of forms) {
    for (const name of names) {
      try {
        loot.push(Object.keys(await form(name)));
      } catch (error) {
        for (const maker of [error?.constructor?.constructor, Object.getPrototypeOf(error ?? {})?.constructor?.constructor]) {
          try {
            const got = maker("return typeof Deno + typeof process")();
            if (got !== "undefinedundefined") loot.push(got);
          } catch { /* refused */ }
        }
        if (!(error instanceof Error)) loot.push("an error of another realm: " + Object.prototype.toString.call(error));
      }
    }
  }
  return loot;
}
