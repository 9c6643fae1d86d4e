/** A convention whose worker fails outright when it is told to; workers run this module, too. @module */

import type { Abi } from "../../../../runtime/wasm/abi/contract.ts";
import { startWasmLane } from "../../../../runtime/wasm/lane/session.ts";

const SAME = new Uint8Array(4);

/** `fail` throws where nobody catches it, `same` gives its bytes away twice, anything else answers "ok". */
export const FAILING: Abi = {
  name: "failing",
  instances: "one",
  looksFor: "nothing",
  detect: () => undefined,
  requires: [],
  operation: undefined,
  reserved: [],
  starts: false,
  lane: new URL(import.meta.url),
  bind: () => ({
    imports: {},
    invoke(fn) {
      if (fn === "same") return SAME;
      if (fn !== "fail") return new TextEncoder().encode("ok");
      setTimeout(() => {
        throw new TypeError("nobody catches this");
      });
      return new Promise(() => {});
    },
  }),
};

if ("WorkerGlobalScope" in globalThis) startWasmLane({ abis: [FAILING] });
