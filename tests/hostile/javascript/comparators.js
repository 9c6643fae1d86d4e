// hostile 26: comparators, species and getters that change what is being worked on
// ends: nothing guest-error memory-limit timeout

function attack() {
  const tries = [
    () => { const a = Array.from({ length: 5000 }, (_, i) => i); a.sort(() => { a.length = 0; a.push(...Array(100)); return Math.random() - 0.5 }) },
    () => { const a = new Float64Array(5000); a.sort(() => { a.buffer.transfer?.(0); return -1 }) },
    () => { const b = new ArrayBuffer(8, { maxByteLength: 1 << 20 }); const a = new Uint8Array(b);
      a.set({ length: 8, get 0() { b.resize?.(0); return 1 }, get 7() { b.resize?.(1 << 20); return 1 } }) },
    () => { const m = new Map([[1, 1]]); m.forEach((_, key) => { m.delete(key); if (m.size < 5 && key < 1e5) m.set(key + 1, key) }) },
    () => { const a = [1, 2, 3]; a.splice(0, { valueOf() { a.length = 0; return 3 } }, ...Array(1000)) },
    () => { class Own extends Array { static get [Symbol.species]() { return function () { return new Uint8Array(0) } } } Own.from([1, 2]).concat([3], Array(1e6)) },
    () => "x".replace(/x/g, { toString() { return "$&".repeat(1e5) } }),
    () => { const r = /a/y; r.exec = () => ({ index: 2 ** 31, length: 1e3, 0: "x" }); "aaa".replace(r, "b"); "aaa".split(r) },
    () => JSON.stringify({ toJSON() { return this } , get a() { delete this.a; this.b = 1; return [this.b] } }),
    () => JSON.parse('[1,{"a":[2]}]', function (key, value) { if (key === "0") this[1] = { a: this }; return value }),
    () => { const p = new Proxy([], { get: (t, k, r) => k === "length" ? 2 ** 32 : Reflect.get(t, k, r), has: () => false }); Array.prototype.indexOf.call({ length: 10, __proto__: p }, 1) },
    () => { const g = (function* () { yield g.next() })(); g.next() },
    () => { const g = (function* () { try { yield 1 } finally { yield g.return(2) } })(); g.next(); g.return(3); [...g] },
    () => Object.defineProperty([], "length", { value: { valueOf: () => -1 } }),
    () => "a".padEnd({ valueOf: () => 2 ** 30 }, "bc"),
    () => new Date(8.64e15).toLocaleString() + new Date(NaN) + Date.parse("x".repeat(1e5)) + new Date(1e300).toJSON(),
    () => { const w = new WeakMap(); const k = {}; w.set(k, w); for (let i = 0; i < 1e4; i++) w.set({}, k) },
  ];
  for (const one of tries) {
    try { one() } catch { /* refused */ }
  }
  return [];
}
