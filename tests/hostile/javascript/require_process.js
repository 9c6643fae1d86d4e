// hostile 7: a require of a module of the platform
// ends: nothing guest-error unsupported

const names = ["process", "fs", "child_process", "worker_threads", "vm", "module"];
function attack() {
  const loot = [];
  for (const name of names) {
    for (const text of [name, "node:" + name]) {
      try {
        loot.push(Object.keys(require(text)));
      } catch { /* refused */ }
    }
  }
  return loot;
}
module.exports = { attack };
