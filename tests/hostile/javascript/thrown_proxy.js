// hostile 56: a thrown proxy that loops whatever is asked of it
// ends: timeout guest-error

function attack() {
  throw new Proxy({}, new Proxy({}, { get() { for (;;); } }));
}
