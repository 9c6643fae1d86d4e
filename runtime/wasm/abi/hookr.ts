/** The guest convention of Hookr 1.x. @module */

import { HOOKR, WAPC } from "./call_names.ts";
import { callAbi } from "./call_protocol.ts";
import type { Abi } from "./contract.ts";

/** The `hookr` convention: every call goes through `__plugin_call`. */
export const hookrAbi: Abi = callAbi(HOOKR, WAPC);
