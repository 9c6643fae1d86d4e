/** The cases of every JavaScript tier, in a child process. @module */

import { assert } from "@std/assert";
import type { Runtime } from "../../../runtime/contract.ts";
import { jsRuntimes } from "../../../runtime/script/runtime.ts";
import { hostileCases } from "../script/hostile_cases.ts";
import { laneCases } from "../script/lane_cases.ts";

/** The engine in a child process. */
function process(): Runtime {
  const found = jsRuntimes().find(({ isolation }) => isolation === "process");
  assert(found);
  return found;
}

laneCases("process", process);
hostileCases("process", process);
