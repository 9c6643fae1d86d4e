/** Capabilities asked for by JavaScript in a worker. @module */

import { SCRIPT } from "./capability_script.ts";
import { capabilitySuite } from "./capability_suite.ts";

capabilitySuite({
  title: "worker",
  manifest: { runtime: "js", module: "ask.js", exports: ["ask"] },
  files: { "ask.js": SCRIPT },
  isolation: "worker",
});
