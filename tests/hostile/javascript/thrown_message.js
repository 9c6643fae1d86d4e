// hostile 56: a thrown error whose message never ends
// ends: timeout guest-error

function attack() {
  throw Object.defineProperty(new Error("x"), "message", { get() { for (;;); } });
}
