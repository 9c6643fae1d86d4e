/** The guest convention of waPC. @module */

import { HOOKR, WAPC } from "./call_names.ts";
import { callAbi } from "./call_protocol.ts";
import type { Abi } from "./contract.ts";

/** The `wapc` convention: every call goes through `__guest_call`. */
export const wapcAbi: Abi = callAbi(WAPC, HOOKR);
