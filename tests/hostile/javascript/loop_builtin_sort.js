// hostile 21: a sort that calls nothing of the guest's
// ends: timeout memory-limit lost trap
// tiers: quickjs process

function attack() {
  const text = "ab".repeat(5e6);
  for (;;) text.split("").sort().join("").localeCompare(text);
}
