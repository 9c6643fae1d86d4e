// hostile 45: frames of the host through the stack's own hooks
// ends: nothing

async function attack() {
  const loot = [];
  const look = (_, frames) => {
    for (const frame of frames ?? []) {
      for (const read of ["getThis", "getFunction", "getFileName", "getEvalOrigin", "getScriptNameOrSourceURL"]) {
        const value = frame[read]?.();
        if (typeof value === "function" || (typeof value === "object" && value !== null && value !== globalThis)) {
          try { if (value.constructor.constructor("return typeof Deno")() !== "undefined") loot.push(read) } catch {}
        }
        if (typeof value === "string" && /^(?:file|ext|node):/.test(value)) loot.push(value);
      }
    }
    return "";
  };
  const Own = Error;
  Error.prepareStackTrace = look;
  globalThis.Error = { prepareStackTrace: look };
  Object.defineProperty(Own, "stackTraceLimit", { value: 1000, writable: true });
  for (const fail of [() => new Own("x").stack, () => { const o = {}; Own.captureStackTrace?.(o); return o.stack },
    () => airlock.var.get(Symbol()), () => airlock.var.set()]) {
    try { await fail() } catch (error) { void error?.stack }
  }
  return loot;
}
