// hostile 26: a giant log line
// ends: nothing

function attack() {
  console.log("x".repeat(5e6));
  console.error({ get a() { throw 1 }, b: new Proxy({}, { ownKeys() { throw 2 } }) });
  return [];
}
