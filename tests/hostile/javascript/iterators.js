// hostile 56: results that are iterators, async generators and thenables without an end
// ends: timeout guest-error nothing trap lost memory-limit

async function attack() {
  async function* endless() { for (;;) yield { then(resolve) { resolve({ then: (again) => again(1) }) } } }
  const chain = { then(resolve) { queueMicrotask(() => resolve(chain)) } };
  for await (const one of endless()) if (one === 2) break;
  return chain;
}
