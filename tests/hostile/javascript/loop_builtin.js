// hostile 21: one long call of the engine's own
// ends: timeout memory-limit lost trap
// tiers: quickjs process

function attack() {
  return [Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)];
}
