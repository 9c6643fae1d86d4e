// hostile 56: a thrown error whose stack never ends
// ends: timeout guest-error

function attack() {
  throw Object.defineProperty(new Error("x"), "stack", { get() { for (;;); } });
}
