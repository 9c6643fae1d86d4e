/** Capabilities asked for by JavaScript in an interpreter. @module */

import { SCRIPT } from "./capability_script.ts";
import { capabilitySuite } from "./capability_suite.ts";

capabilitySuite({
  title: "quickjs",
  manifest: { runtime: "quickjs", module: "ask.js", exports: ["ask"] },
  files: { "ask.js": SCRIPT },
});
