// hostile 56: a result whose keys never end
// ends: timeout guest-error

function attack() {
  return new Proxy({}, { ownKeys() { for (;;); } });
}
