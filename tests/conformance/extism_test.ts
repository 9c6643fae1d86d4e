/** Extism plugins hold what every guest convention has to hold. @module */

import { extismFunction } from "../../mod.ts";
import { answers } from "../runtime/wasm/abi/extism_guest.ts";
import { abiSuite, type Behaviour } from "./abi_suite.ts";

const PLUGINS = new URL("../fixtures/extism/", import.meta.url);

const calls = (fn: string): Behaviour => (call, payload) => call(fn, payload);

abiSuite({
  title: "extism in AssemblyScript",
  abi: "extism",
  module: new URL("plugin.wasm", PLUGINS),
  options: { hostFunctions: answers() },
  waiting: {
    hostFunctions: answers(extismFunction("fetch_later", async (_, handle) => await handle)),
  },
  reserved: ["memory", "_initialize", "_start", "hs_init", "__wasm_call_ctors"],
  behaviours: {
    echo: calls("echo"),
    count: calls("count_calls"),
    fail: calls("fail_with"),
    trap: calls("trap"),
    grow: calls("grow_one"),
    log: calls("log_input"),
  },
});

abiSuite({
  title: "extism in WebAssembly text",
  abi: "extism",
  module: new URL("lying.wasm", PLUGINS),
  reserved: ["memory", "_initialize", "_start"],
  behaviours: {
    echo: calls("output_input"),
    fail: calls("error_input"),
    trap: (call) => call("gives_trap", new Uint8Array(0)),
  },
});
