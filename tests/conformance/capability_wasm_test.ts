/** Capabilities asked for by WASM guests: every row through one door. @module */

import { doorGuest } from "./capability_door.ts";
import { ASK, capabilitySuite } from "./capability_suite.ts";
import { DOOR } from "./door_abi.ts";

const tier = {
  manifest: { runtime: "wasm", module: "ask.wasm", abi: DOOR.name, exports: [ASK] },
  files: { "ask.wasm": await doorGuest() },
  abis: [DOOR],
};
capabilitySuite({ title: "wasm", ...tier });
capabilitySuite({ title: "wasm worker", isolation: "worker", ...tier });
