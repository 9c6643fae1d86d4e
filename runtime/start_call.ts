/** Which way a call goes into a module, and what comes out of it. @module */

import type { Call, Module, Payload } from "./contract.ts";

/** Ways to be invoked; plain `invoke` stands in for those that a module does not have. */
export type Way = "invoke" | "invokeEach" | "invokeText";

/** What a call gives whoever asked for it in that way. */
export type ResultOf<How extends Way> = How extends "invokeText" ? string : Uint8Array;

/** Starts a call; who asked for text may get bytes all the same. */
export function startCall(
  module: Module,
  how: Way,
  fn: string,
  payload: Payload,
  call: Call,
): Payload | Promise<Payload> {
  if (how === "invokeText" && module.invokeText) return module.invokeText(fn, payload, call);
  if (how === "invokeEach" && module.invokeEach && typeof payload === "string") {
    return module.invokeEach(fn, payload, call);
  }
  return module.invoke(fn, payload, call);
}
