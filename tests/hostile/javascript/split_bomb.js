// hostile 22: text that becomes a billion pieces
// ends: memory-limit lost timeout trap guest-error
// tiers: quickjs process

function attack() {
  return [("a,".repeat(2.6e8)).split(",").length];
}
