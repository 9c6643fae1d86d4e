// hostile 57: a spy in place of every function that the realm's own code might still call
// ends: nothing guest-error

const loot = [];
const seen = new Set();
const { apply, ownKeys, getOwnPropertyDescriptor: own, defineProperty, getPrototypeOf } = Reflect;
const add = Set.prototype.add;
const has = Set.prototype.has;
let busy = false;
function look(value) {
  if (busy || (typeof value !== "function" && typeof value !== "object") || value === null) return;
  busy = true;
  try {
    if (apply(has, seen, [value])) return;
    apply(add, seen, [value]);
    for (let at = value, i = 0; at && i < 5; at = getPrototypeOf(at), i++) {
      const maker = own(at, "constructor")?.value;
      for (const one of [maker, getPrototypeOf(maker ?? {})?.constructor]) {
        if (typeof one !== "function") continue;
        try {
          const got = one("return typeof Deno + typeof process")();
          if (typeof got === "string" && got !== "undefinedundefined") loot.push(got);
        } catch { /* refused */ }
      }
    }
  } catch { /* not this one */ } finally {
    busy = false;
  }
}
function spy(owner, key) {
  const found = own(owner, key);
  if (!found?.configurable && !found?.writable) return;
  const fn = found.value;
  if (typeof fn !== "function" || key === "constructor") return;
  const wrapped = function (...args) {
    look(this);
    for (let i = 0; i < args.length; i++) look(args[i]);
    const result = new.target ? Reflect.construct(fn, args, new.target === wrapped ? fn : new.target) : apply(fn, this, args);
    look(result);
    return result;
  };
  try {
    defineProperty(wrapped, "prototype", { value: fn.prototype });
    defineProperty(owner, key, { ...found, value: wrapped });
  } catch { /* fixed */ }
}
const typed = getPrototypeOf(Uint8Array.prototype);
const owners = [
  Object, Reflect, JSON, Math, Promise, Array, String, Number, Symbol, ArrayBuffer, Uint8Array, typed.constructor, globalThis,
  ...[Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Promise, Map, Set, WeakMap, WeakSet, Date, RegExp, Error,
    TypeError, RangeError, ArrayBuffer, DataView].map((one) => one.prototype),
  typed, URL, URL.prototype, URLSearchParams.prototype, TextDecoder.prototype, TextEncoder.prototype, console, crypto, performance,
  getPrototypeOf(function* () {}).prototype, getPrototypeOf(getPrototypeOf([][Symbol.iterator]())),
];

exports.attack = async () => {
  for (const owner of owners) for (const key of ownKeys(owner)) spy(owner, key);
  for (const where of [Object.prototype, Array.prototype, Function.prototype]) {
    for (const key of ["get", "set", "value", "then", "0", "length2", "toJSON2", "id", "wrapper", "json"]) {
      try {
        defineProperty(where, key, { configurable: true, get() { look(this); return undefined }, set(value) { look(this); look(value) } });
      } catch { /* fixed */ }
    }
  }
  const tries = [
    () => airlock.var.set("k", new Uint8Array([1, 2])), () => airlock.var.get("k"), () => airlock.random.bytes(4),
    () => new URL("https://a.example/?b=c#d").searchParams.get("b"), () => new URL("x"), () => structuredClone(new Map([[1, new Date(0)]])),
    () => new TextDecoder("utf-16le").decode(new TextEncoder().encode("aä😀")), () => atob(btoa("abc")), () => crypto.randomUUID(),
    () => console.error(new Error("x"), [{ a: 1 }], new Map()), () => new Promise((r) => setTimeout(r, 1)), () => queueMicrotask(() => {}),
    () => airlock.var.set(1n), () => airlock.events.emit("x", {}), () => import("nope"), () => require("./nope.js"), () => performance.now(),
  ];
  for (const one of tries) {
    try { look(await one()) } catch (error) { look(error) }
  }
  return loot;
};
