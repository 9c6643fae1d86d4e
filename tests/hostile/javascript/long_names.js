// hostile 45: an error whose class, name, message and frames are each a megabyte, and one that lies about all of them
// ends: guest-error

function attack() {
  const long = "\u202e\u0007\n".repeat(1e5);
  Error.stackTraceLimit = 20;
  const error = new (class extends Error { get name() { return long } get message() { return long } })();
  Object.defineProperty(attack, "name", { value: long });
  const dive = (n) => { if (n > 0) dive(n - 1); else throw error };
  error.cause = error;
  dive(500);
}
