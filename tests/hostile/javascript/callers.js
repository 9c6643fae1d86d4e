// hostile 57: whoever called it, by the old names for that
// ends: nothing guest-error

async function attack() {
  const loot = [];
  function look() {
    for (const read of [() => look.caller, () => look.arguments, () => arguments.callee.caller, () => attack.caller]) {
      try {
        const found = read();
        if (typeof found !== "function" || found === attack) continue;
        // its own functions it may know
        if (!/look|attack/.test(String(found))) loot.push(String(found).slice(0, 80));
        const got = found.constructor("return typeof Deno")();
        if (got !== "undefined") loot.push(got);
      } catch { /* not told */ }
    }
    return "x";
  }
  const traps = { get name() { return look() }, get message() { return look() }, get stack() { return look() }, toJSON() { return look() },
    toString() { return look() }, [Symbol.toPrimitive]() { return look() }, then: undefined };
  const error = Object.assign(Object.create(Error.prototype), {});
  Object.defineProperties(error, Object.getOwnPropertyDescriptors(traps));
  console.log(error, traps);
  Promise.reject(error);
  const tries = [() => airlock.var.set(traps, traps), () => new URL(traps), () => structuredClone(error), () => atob(traps),
    () => new TextDecoder(traps), () => setTimeout(look, traps), () => queueMicrotask(look), () => [3, 1, 2].sort(() => (look(), 0))];
  for (const one of tries) {
    try { await one() } catch { /* wrong argument */ }
  }
  await new Promise((resolve) => setTimeout(resolve, 5));
  return loot;
}
