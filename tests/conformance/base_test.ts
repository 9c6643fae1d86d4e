/** The base convention against what every convention has to hold. @module */

import { abiSuite } from "./abi_suite.ts";

abiSuite({
  title: "base, WAT",
  abi: "base",
  module: new URL("../fixtures/wasm/echo.wasm", import.meta.url),
  behaviours: {
    echo: (call, payload) => call("echo", payload),
    trap: (call, payload) => call("trap", payload),
    grow: (call, payload) => call("grow", payload),
  },
  reserved: ["memory", "__base_alloc", "__base_free", "_start", "_initialize"],
});
