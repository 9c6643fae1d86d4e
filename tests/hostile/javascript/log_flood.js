// hostile 26: a flood of log lines
// ends: timeout nothing

function attack() {
  for (let i = 0; i < 20_000; i++) console.log("x".repeat(200));
  return [];
}
