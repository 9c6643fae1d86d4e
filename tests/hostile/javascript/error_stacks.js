// hostile 45: paths and frames of the host in errors
// ends: nothing

async function attack() {
  const errors = [];
  for (
    const fail of [
      () => airlock.var.set(),
      () => airlock.var.get({}),
      () => airlock.random.bytes(-1),
      () => airlock.config.get(Symbol()),
      () => new URL("nope"),
      () => structuredClone(() => {}),
      () => null.x,
      () => import("./x.js"),
    ]
  ) {
    try {
      await fail();
    } catch (error) {
      errors.push(String(error?.stack) + String(error?.message) + JSON.stringify(error));
    }
  }
  return errors.filter((text) => /file:|ext:|data:|\/runtime\/|node:|deno/i.test(text));
}
