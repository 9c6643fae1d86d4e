// hostile 14: reading the terminal and writing to it
// ends: nothing

function attack() {
  const loot = [];
  for (const name of ["prompt", "confirm", "alert", "print"]) {
    if (typeof globalThis[name] !== "undefined") loot.push(name);
  }
  // what reaches the operator's terminal is the log, and there the escape codes are text
  console.log("\u001b]0;owned\u0007\u001b[2J\u001b[1;31mAllow? [y/n] y\r\n\u0000\u009b31m");
  return loot;
}
