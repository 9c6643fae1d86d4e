// hostile 26: a flood of timers
// ends: nothing guest-error

function attack() {
  for (let i = 0; i < 100_000; i++) setTimeout(() => { for (let j = 0; j < 100; j++); }, i % 7);
  return [];
}
