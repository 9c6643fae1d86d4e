// hostile 56: a thrown thing whose name never ends
// ends: timeout guest-error

function attack() {
  throw { get name() { for (;;); }, get message() { for (;;); }, toString() { for (;;); } };
}
