/** The three functions that modules made by the AssemblyScript compiler import from `env`. @module */

import { Fault } from "../errors.ts";
import type { GuestMemory } from "../memory.ts";
import type { HostFunction, ImportTable } from "./abi/contract.ts";

/** Longest text read from a string of the guest, in UTF-16 units: its length is the guest's word. */
const TEXT_LIMIT = 1024;
/** An AssemblyScript string stores its length in bytes in the word before its first unit. */
const LENGTH_BEFORE = 4;

/** What {@linkcode assemblyScriptImports} needs of its guest. */
export interface AssemblyScriptHost {
  readonly memory: GuestMemory;
  /** Fills `bytes` with random ones. */
  randomFill(bytes: Uint8Array): void;
}

/**
 * `env.abort` ends the guest, `env.trace` prints nothing, `env.seed` gives a random number.
 *
 * @see https://www.assemblyscript.org/concepts.html#special-imports
 */
export function assemblyScriptImports({ memory, randomFill }: AssemblyScriptHost): ImportTable {
  const abort: HostFunction = {
    type: "(i32, i32, i32, i32)",
    run(message: number, file: number, line: number, column: number) {
      const where = `${readString(memory, file)}:${line >>> 0}:${column >>> 0}`;
      throw new Fault("trap", "it called abort", {
        guest: `${readString(memory, message)} (${where})`,
      });
    },
  };
  const trace: HostFunction = { type: "(i32, i32, f64, f64, f64, f64, f64)", run() {} };
  const seed: HostFunction = {
    type: "() -> f64",
    run() {
      const [high = 0, low = 0] = randomWords(randomFill);
      return (high >>> 5) * 2 ** 26 + (low >>> 6);
    },
  };
  return { env: { abort, trace, seed } };
}

function randomWords(randomFill: (bytes: Uint8Array) => void): Uint32Array {
  const bytes = new Uint8Array(8);
  randomFill(bytes);
  return new Uint32Array(bytes.buffer);
}

/** The UTF-16 string at `ptr`; what cannot be read becomes `?`, as the guest is ending anyway. */
function readString(memory: GuestMemory, ptr: number): string {
  const start = ptr >>> 0;
  if (start < LENGTH_BEFORE || !memory.has(start - LENGTH_BEFORE, LENGTH_BEFORE)) return "?";
  const bytes = Math.min(memory.u32(start - LENGTH_BEFORE), TEXT_LIMIT * 2) & ~1;
  if (!memory.has(start, bytes)) return "?";
  let text = "";
  for (let at = 0; at < bytes; at += 2) text += String.fromCharCode(memory.u16(start + at));
  return text;
}
