/** The worker that strips types. Hostile text may break or stop it; it runs no guest code. @module */

import { transformSync } from "amaro";
import { makeGuard } from "./guard.ts";
import type { StripReply, StripRequest } from "./strip.ts";

const guard = makeGuard();

// The worker's global scope, which no type library of the package describes.
const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<StripRequest>) => void;
  postMessage(reply: StripReply | "ready"): void;
};

port.onmessage = ({ data }) => port.postMessage(stripWithin(data));
port.postMessage("ready");

/** A parser that backtracks for hours is not stopped by `terminate()`, only by the watchdog. */
function stripWithin({ text, timeoutMs }: StripRequest): StripReply {
  let reply: StripReply = { kind: "broken" };
  const ended = guard(() => {
    reply = strip(text);
  }, timeoutMs);
  return ended ? reply : { kind: "broken" };
}

function strip(text: string): StripReply {
  try {
    return { kind: "stripped", text: transformSync(text, { mode: "strip-only" }).code };
  } catch (error) {
    return refusalOf(error) ?? { kind: "broken" };
  }
}

/** What the stripper says about the text; `undefined` when the stripper itself failed. */
function refusalOf(error: unknown): StripReply | undefined {
  if (typeof error !== "object" || error === null || error instanceof Error) return undefined;
  const { message, startLine, startColumn } = error as Record<string, unknown>;
  if (typeof message !== "string") return undefined;
  return {
    kind: "refused",
    message: message.split("\n", 1)[0] ?? "",
    line: typeof startLine === "number" ? startLine : 1,
    column: typeof startColumn === "number" ? startColumn + 1 : 1,
  };
}
