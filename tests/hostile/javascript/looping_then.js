// hostile 56: a result whose promise never ends
// ends: timeout guest-error

function attack() {
  return { get then() { for (;;); } };
}
