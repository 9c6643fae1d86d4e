// hostile 11: killing the process
// ends: nothing

function attack() {
  const loot = [];
  for (const name of ["Deno", "process"]) {
    const found = globalThis[name];
    if (found === undefined) continue;
    loot.push(name);
    found.kill?.(found.pid, "SIGKILL");
  }
  return loot;
}
