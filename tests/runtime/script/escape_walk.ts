/** A guest that looks for a way out of its realm. @module */

/** Walks over everything that a guest can reach, and lists what is of another realm. */
export const ESCAPE: string = `
const unwanted = ["Deno", "process", "self", "postMessage", "fetch", "Worker", "BroadcastChannel", "caches",
  "WebSocket", "navigator", "close", "onmessage", "Buffer", "global", "require", "module",
  "SharedArrayBuffer", "WebAssembly", "FinalizationRegistry", "WeakRef"];
async function walk() {
  const roots = [globalThis, airlock, console];
  const attempt = async (run) => { try { roots.push(await run()) } catch (e) { roots.push(e) } };
  await attempt(() => airlock.test.echo(new Uint8Array(3)));
  await attempt(() => airlock.test.echo({ a: [1, { b: 2 }] }));
  await attempt(() => airlock.test.echo("fail"));
  await attempt(() => airlock.test.echo(1n));
  await attempt(() => airlock.random.bytes(4));
  await attempt(() => airlock.random.bytes(-1));
  await attempt(() => crypto.getRandomValues(1));
  await attempt(() => new URL("nope"));
  await attempt(() => new URL("https://a.b/?c=d").searchParams);
  await attempt(() => structuredClone(() => {}));
  await attempt(() => structuredClone({ a: new Map([[1, new Date()]]), b: new Float32Array(2) }));
  await attempt(() => setTimeout("text"));
  await attempt(() => import("node:fs"));
  await attempt(() => eval("1"));
  await attempt(() => new Function("return 1"));
  await attempt(() => (async () => {}).constructor("return 1"));
  await attempt(() => null.x);
  await attempt(() => JSON.parse("{"));
  await attempt(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([255])));
  roots.push(setTimeout(() => {}, 1), airlock.test.echo(1), import("x").catch(() => {}));
  // The stack runs out at every depth near the end, so also inside functions of the host.
  const dive = (use) => { try { return dive(use) } catch (e) { roots.push(e); try { use() } catch (e2) { roots.push(e2) } } };
  for (const use of [() => airlock.test.echo(1), () => console.log("x"), () => new URL("https://a.b"),
    () => crypto.randomUUID(), () => setTimeout(() => {}, 1), () => performance.now()]) {
    for (let pad = 0; pad < 40; pad++) {
      const deep = (n) => n === 0 ? dive(use) : deep(n - 1);
      deep(pad);
      if (roots.length > 3000) roots.length = 3000;
    }
  }
  const collect = (e, frames) => { roots.push(frames, ...frames.map((f) => f.getThis()), ...frames.map((f) => f.getFunction())); return "" };
  const Own = Error;
  const fake = Object.assign(function () {}, { prepareStackTrace: collect });
  Error.prepareStackTrace = collect;
  for (const replace of [() => { globalThis.Error = fake }, () => { Error = fake }, () => delete globalThis.Error,
    () => Object.defineProperty(globalThis, "Error", { value: fake }),
    () => Object.defineProperty(globalThis, "Error", { get: () => fake }),
    () => Object.defineProperty(Own, "prepareStackTrace", { value: collect })]) {
    await attempt(replace);
    for (const make of [() => new Own("x"), () => new TypeError("x"), () => { const o = {}; Own.captureStackTrace(o); return o },
      () => { try { null.x } catch (e) { return e } }]) await attempt(() => make().stack);
  }
  const seen = new Set();
  const foreign = [];
  const ends = [Object.prototype, null];
  const queue = roots.map((value) => ["root", value]);
  while (queue.length > 0 && foreign.length < 20) {
    const [path, value] = queue.pop();
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
    seen.add(value);
    let top = value;
    while (Object.getPrototypeOf(top) !== null) top = Object.getPrototypeOf(top);
    const bare = top === value;
    if (top !== Object.prototype && !(bare && typeof value === "object") && !seen.has(top)) foreign.push(path);
    if (typeof value === "function" && value !== Function.prototype && !(value instanceof Function)) foreign.push(path + " is no Function");
    for (const fn of [value, value.constructor, value.constructor?.constructor]) {
      if (typeof fn !== "function" || !/Function$/.test(fn.name)) continue;
      try { if (fn("return 'compiled'")() === "compiled") foreign.push(path + " compiles") } catch {}
    }
    queue.push([path + ".^", Object.getPrototypeOf(value)]);
    for (const key of Reflect.ownKeys(value)) {
      const d = Object.getOwnPropertyDescriptor(value, key);
      for (const part of [d.value, d.get, d.set]) queue.push([path + "." + String(key), part]);
    }
  }
  return { seen: seen.size, foreign, names: unwanted.filter((name) => { try { return typeof globalThis[name] !== "undefined" } catch { return true } }) };
}
`;
