// hostile 45: arguments of operations that change, throw or never end while they are read
// ends: nothing timeout guest-error

async function attack() {
  const loot = [];
  const buffer = new ArrayBuffer(8, { maxByteLength: 1 << 16 });
  const grows = { view: new Uint8Array(buffer), get then() { buffer.resize?.(1 << 16); return undefined }, toJSON() { buffer.resize?.(0); return this.view } };
  const asks = { get a() { airlock.random.bytes(1); airlock.log.debug("inside"); return new Uint8Array(2) } };
  const deep = {};
  let at = deep;
  for (let i = 0; i < 5_000; i++) at = at.a = {};
  const cycle = [];
  cycle.push(cycle, { cycle });
  const marks = [{ $bytes: "////" }, { $bytes: "not base64!" }, { $bytes: { toString: () => "AA==" } }, { $object: { $object: 1 } }, { $object: null }, { __proto__: null, $bytes: [] }];
  const values = [grows, asks, deep, cycle, ...marks, new Proxy({}, { ownKeys: () => ["__proto__", "constructor", "toString"], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) }),
    JSON.parse('{"__proto__": {"$bytes": "AA=="}}'), Object.create({ inherited: 1 }), [, 1, , 2], -0, 1e308 * 10, NaN, "\ud800", Symbol.iterator, 1n, () => {}, new Date(NaN), /x/, new Map([[1, 2]])];
  for (const value of values) {
    for (const run of [() => airlock.var.set("k", value), () => airlock.var.set(value, "v"), () => airlock.events.emit("e", value), () => airlock.random.bytes(value), () => airlock.log.info("x", value)]) {
      try {
        await run();
      } catch (error) {
        if (!(error instanceof Error)) loot.push("an error of another realm");
      }
    }
  }
  return loot;
}
