/** The cases of every JavaScript tier, in a worker. @module */

import { assert } from "@std/assert";
import type { Runtime } from "../../../runtime/contract.ts";
import { jsRuntimes } from "../../../runtime/script/runtime.ts";
import { hostileCases } from "../script/hostile_cases.ts";
import { laneCases } from "../script/lane_cases.ts";

/** The engine in a worker. */
function worker(): Runtime {
  const found = jsRuntimes().find(({ isolation }) => isolation === "worker");
  assert(found);
  return found;
}

laneCases("worker", worker);
hostileCases("worker", worker);
