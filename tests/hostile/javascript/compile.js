// hostile 9: every way to compile text that reaches the host's realm
// ends: nothing

function attack() {
  const loot = [];
  const words = "typeof Deno + typeof process + typeof require + typeof self";
  const makers = [
    () => (0, eval)(words),
    () => eval(words),
    () => new Function("return " + words)(),
    () => Function.prototype.constructor("return " + words)(),
    () => (async () => {}).constructor("return " + words),
    () => (function* () {}).constructor("return " + words)().next().value,
    () => Reflect.construct(Function, ["return " + words])(),
    () => setTimeout("globalThis.hit = 1"),
    () => new (class extends Function {})("return " + words)(),
  ];
  for (const make of makers) {
    try {
      const got = make();
      if (typeof got === "string" && got !== "undefinedundefinedundefinedundefined") loot.push(got);
    } catch { /* refused */ }
  }
  return loot;
}
