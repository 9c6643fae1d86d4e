// hostile 26: recursion without an end
// ends: guest-error trap

function attack() {
  return attack() + 1;
}
