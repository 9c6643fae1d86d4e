/** Capabilities asked for by WASM guests: every row through one door. @module */

import { DOOR, doorGuest } from "./capability_door.ts";
import { ASK, capabilitySuite } from "./capability_suite.ts";

capabilitySuite({
  title: "wasm",
  manifest: { runtime: "wasm", module: "ask.wasm", abi: DOOR.name, exports: [ASK] },
  files: { "ask.wasm": await doorGuest() },
  abis: [DOOR],
});
