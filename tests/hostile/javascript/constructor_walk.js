// hostile 57: every object it can reach, up to its realm's makers of functions
// ends: nothing

async function attack() {
  const loot = [];
  const roots = [globalThis, airlock, console];
  const keep = async (run) => { try { roots.push(await run()) } catch (error) { roots.push(error) } };
  await keep(() => airlock.var.set("k", "v"));
  await keep(() => airlock.var.get("k"));
  await keep(() => airlock.var.get(1n));
  await keep(() => airlock.random.bytes(4));
  await keep(() => airlock.random.bytes(-1));
  await keep(() => crypto.getRandomValues(new Uint8Array(2)));
  await keep(() => new URL("nope"));
  await keep(() => structuredClone({ a: new Map([[1, 2]]) }));
  await keep(() => import("node:fs"));
  roots.push(setTimeout(() => {}, 0), import("x").catch(() => {}), airlock.var.get("k"));
  const seen = new Set();
  while (roots.length > 0 && seen.size < 20_000) {
    const value = roots.pop();
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const maker of [value, value.constructor, value.constructor?.constructor]) {
      if (typeof maker !== "function" || !/Function$/.test(String(maker.name))) continue;
      try {
        const got = maker("return typeof Deno + typeof process")();
        if (typeof got === "string" && got !== "undefinedundefined") loot.push(got);
      } catch { /* refused */ }
    }
    roots.push(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const found = Object.getOwnPropertyDescriptor(value, key);
      roots.push(found?.value, found?.get, found?.set);
    }
  }
  return loot;
}
