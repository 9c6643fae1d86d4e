// hostile 26: a result larger than any payload
// ends: timeout payload-limit memory-limit lost guest-error bad-guest-data

function attack() {
  return "x".repeat(3e7);
}
