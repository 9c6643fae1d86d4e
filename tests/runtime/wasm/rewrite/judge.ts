/** Judges changed modules: refused, or rewritten to something valid that does the same. @module */

import { assert, assertEquals } from "@std/assert";
import { Fault } from "../../../../runtime/errors.ts";
import { rewrite } from "../../../../runtime/wasm/rewrite/rewrite.ts";
import { fingerprint, meter, outcome, WIDE } from "./metered.ts";

const STOP = new WebAssembly.RuntimeError("stopped");
/** Units a changed module may use before it is taken for endless. */
const ENOUGH = 200_000;

/** Rewrites, or says why not; everything but a fault is a bug. */
export function attempt(bytes: Uint8Array): Uint8Array<ArrayBuffer> | Fault {
  try {
    return rewrite(bytes, WIDE).bytes;
  } catch (error) {
    assert(error instanceof Fault, `${error}`);
    assert(error.code === "unsupported" || error.code === "memory-limit", error.code);
    return error;
  }
}

/** What a module without imports does: each export, called with a few numbers. */
function behaviour(exports: WebAssembly.Exports): readonly unknown[] {
  const calls = ["f", "g", "h"].flatMap((fn) =>
    [0, 7].map((n) => typeof exports[fn] === "function" ? outcome(exports, fn, [n]) : "absent")
  );
  return [...calls, fingerprint(exports["memory"])];
}

/** What it does when it is stopped soon; `undefined` where it was. */
function limitedBehaviour(bytes: Uint8Array<ArrayBuffer>): readonly unknown[] | undefined {
  let stopped = false;
  try {
    const { exports } = meter(bytes).instantiate((refill) => {
      if (refill === 0) return ENOUGH;
      stopped = true;
      throw STOP;
    });
    const seen = behaviour(exports);
    return stopped ? undefined : seen;
  } catch (error) {
    return stopped ? undefined : [`${error}`];
  }
}

function plainBehaviour(bytes: Uint8Array<ArrayBuffer>): readonly unknown[] {
  try {
    return behaviour(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports);
  } catch (error) {
    return [`${error}`];
  }
}

/** A changed module is refused or does the same; one that is not even valid is never rewritten to a valid one. */
export function judge(bytes: Uint8Array<ArrayBuffer>): "invalid" | "refused" | "same" | "endless" {
  const rewritten = attempt(bytes);
  if (!WebAssembly.validate(bytes)) return "invalid";
  if (rewritten instanceof Fault) return "refused";
  assert(WebAssembly.validate(rewritten), "the rewritten module is not valid");
  if (WebAssembly.Module.imports(new WebAssembly.Module(bytes)).length > 0) return "same";
  const limited = limitedBehaviour(bytes);
  if (limited === undefined) return "endless";
  // Traps tell where they happened only in words that are the same.
  assertEquals(limited, plainBehaviour(bytes));
  return "same";
}
