// hostile 56: a result whose JSON never ends
// ends: timeout guest-error

function attack() {
  return { toJSON() { for (;;); } };
}
