/** A host process of its own: fetches what its arguments say and prints what came of it. @module */

import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { powers } from "../../../capabilities/powers.ts";
import { ask, open } from "../open.ts";

const [url = "", grant = "", address] = Deno.args;
// names of tests exist nowhere: with an address, every name is there
const resolve = address === undefined ? powers.net.resolve : () => Promise.resolve([address]);
const registry = new CapabilityRegistry({ powers: { ...powers, net: { ...powers.net, resolve } } });
const granted = { net: { hosts: grant.split(",") } };
const notes = await open({ registry, asks: [ask("net")], granted });
try {
  const answer = await notes.broker.calls.call("net.fetch", { url }) as { body: Uint8Array };
  console.log(new TextDecoder().decode(answer.body));
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
} finally {
  await notes.broker.close();
}
