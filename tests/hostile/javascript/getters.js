// hostile 45: getters, proxies and species in what it gives
// ends: nothing bad-guest-data guest-error

function attack() {
  let reads = 0;
  const spy = new Proxy([], {
    get(target, key, receiver) {
      reads++;
      return key === "toJSON" ? () => [] : Reflect.get(target, key, receiver);
    },
  });
  Object.defineProperty(Array, Symbol.species, { get() { throw new Error("species") } });
  Object.defineProperty(Uint8Array, Symbol.species, { get() { return class { constructor() { throw 1 } } } });
  return spy;
}
