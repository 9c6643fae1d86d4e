// hostile 26: a result nested 100,000 deep
// ends: timeout value bad-guest-data guest-error trap

function attack() {
  let value = [];
  for (let i = 0; i < 1e5; i++) value = [value];
  return { value };
}
