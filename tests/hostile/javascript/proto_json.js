// hostile 45: prototypes through data
// ends: nothing

async function attack() {
  const evil = JSON.parse('{"__proto__": {"owned": 1}, "constructor": {"prototype": {"owned": 1}}}');
  await airlock.var.set("__proto__", "x");
  await airlock.events.emit("changed", evil).catch(() => {});
  const fields = { name: "x", ...evil };
  console.log(fields);
  return {}.owned === undefined ? [] : ["owned"];
}
