// hostile 45: a source map and a source name that point at the host's files
// ends: nothing guest-error

function attack() {
  const loot = [];
  Error.stackTraceLimit = 100;
  try {
    null.x;
  } catch (error) {
    // its own address of the file is all that it may find there
    if (/the-secret/.test(error.stack)) loot.push(error.stack);
  }
  setTimeout(() => null.y, 0);
  Promise.reject(new Error("unheard"));
  return new Promise((resolve) => setTimeout(() => resolve(loot), 10));
}
//# sourceURL=@@SECRET_URL@@
//# sourceMappingURL=@@SECRET_URL@@
