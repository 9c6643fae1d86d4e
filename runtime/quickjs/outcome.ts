/** What a guest posted, as the outcome of a call. @module */

import { CapabilityError } from "../../capabilities/errors.ts";
import { Fault } from "../errors.ts";
import { PRELUDE_NAME } from "../script/prelude.ts";
import type { Outcome } from "./calls.ts";
import type { StayEnd } from "./interpreter.ts";

/** Lines of an error that are kept: a recursion that went too far has thousands. */
const GUEST_LINES = 16;

const encoder = new TextEncoder();

/** A result, unless it is larger than `limit` bytes; `undefined` is text that was not even copied. */
export function resultOf(text: string | undefined, limit: number): Outcome {
  const bytes = text === undefined ? undefined : encoder.encode(text);
  if (bytes && bytes.length <= limit) return { ok: true, bytes };
  const detail = `the result is larger than the limit of ${limit} bytes`;
  return { ok: false, error: new Fault("payload-limit", detail) };
}

/** The error of a call: the refusal that the guest let through, or a fault with what it threw. */
export function errorOf(code: string, text: string | undefined, refused: unknown): unknown {
  if (refused instanceof CapabilityError) return refused;
  const guest = guestText(text ?? "");
  switch (code) {
    case "unknown-function":
      return new Fault("unknown-function");
    case "bad-payload":
      return new Fault("bad-payload", "the payload is not JSON");
    case "bad-guest-data":
      return new Fault("bad-guest-data", "the result has no JSON form", { guest });
    default:
      return new Fault("guest-error", "", { guest });
  }
}

/** The error of a load, whose code threw. */
export function loadErrorOf(text: string | undefined, refused: unknown): unknown {
  if (refused instanceof CapabilityError) return refused;
  const guest = guestText(text ?? "");
  return new Fault("guest-error", "it threw an error while it was loaded", { guest });
}

/** The fault of whoever was inside when the interpreter had to go. */
export function faultOf(end: Exclude<StayEnd, "ended">): Fault {
  return end === "trap"
    ? new Fault("trap", "its interpreter ran out of stack, or failed")
    : new Fault(end);
}

/** What a guest threw, with the frames that are the guest's own. */
function guestText(text: string): string {
  const lines = text.split("\n");
  const ours = lines.findIndex((line) => line.includes(PRELUDE_NAME));
  const own = ours < 0 ? lines : lines.slice(0, ours);
  // The prelude calls guest functions by Reflect.apply.
  if (ours >= 0 && own.at(-1)?.trim() === "at apply (native)") own.pop();
  return own.slice(0, GUEST_LINES).join("\n").trimEnd();
}
