/** WASI programs hold what every guest convention has to hold, as far as a fresh instance a call can. @module */

import { abiSuite, type Behaviour } from "./abi_suite.ts";

const calls = (fn: string): Behaviour => (call, payload) => call(fn, payload);

abiSuite({
  title: "wasi reactor in WebAssembly text",
  abi: "wasi",
  module: new URL("../fixtures/wasi/reactor.wasm", import.meta.url),
  reserved: ["memory", "_initialize", "_start"],
  behaviours: { echo: calls("echo"), trap: calls("trap") },
});
