// hostile 45: promises whose species, constructor and then are the guest's, on the way to the host and back
// ends: nothing guest-error timeout

async function attack() {
  const loot = [];
  const took = [];
  const real = Promise.prototype.then;
  class Spy extends Promise {
    constructor(executor) {
      super((resolve, reject) => executor((value) => { took.push(value); resolve(value) }, reject));
    }
  }
  Object.defineProperty(Promise, Symbol.species, { configurable: true, get: () => Spy });
  Object.defineProperty(Promise.prototype, "constructor", { configurable: true, get: () => Spy });
  Promise.prototype.then = function (...args) { took.push(...args); return Reflect.apply(real, this, args) };
  const thrice = { then(resolve, reject) { took.push(resolve, reject); resolve(1); resolve(2); reject(3); resolve(thrice) } };
  try {
    took.push(airlock.var.set("k", "v"), airlock.var.get("k"));
    took.push(await thrice);
    await new Promise((resolve) => queueMicrotask(resolve));
  } finally {
    Promise.prototype.then = real;
  }
  for (const one of took) {
    for (const maker of [one?.constructor, one?.constructor?.constructor]) {
      try {
        const got = maker("return typeof Deno + typeof process")();
        if (typeof got === "string" && got !== "undefinedundefined") loot.push(got);
      } catch { /* refused */ }
    }
  }
  return { then: (resolve) => { resolve(loot); resolve(["twice"]); throw new Error("after") } };
}
