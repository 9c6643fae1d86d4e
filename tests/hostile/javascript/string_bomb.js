// hostile 22: text that doubles for ever
// ends: memory-limit lost timeout trap guest-error bad-guest-data
// tiers: quickjs process

function attack() {
  const all = [];
  for (let text = "x";; text += text) all.push(new TextEncoder().encode(text));
}
