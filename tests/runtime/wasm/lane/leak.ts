/** A program with a guest that nothing can stop: already compiled, so not metered. It says what its host says of it. @module */

import { ExtensionError, ExtensionHost } from "../../../../mod.ts";
import { baseModule } from "./guest.ts";

const module = await WebAssembly.compile(baseModule({ loop: "(loop (br 0))" }));
const host = new ExtensionHost({ log: () => {} });
const extension = await host.load(module, { isolation: "worker", limits: { queueMs: 50 } });

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return "nothing";
  } catch (error) {
    return error instanceof ExtensionError ? error.code : `${error}`;
  }
}

const codes = [
  await codeOf(() => extension.invoke("loop", "", { timeoutMs: 50 })),
  await codeOf(() => host.close()),
];
console.log(JSON.stringify(codes));
// nothing else ends such a thread
Deno.exit(0);
