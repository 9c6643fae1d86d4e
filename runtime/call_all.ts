/** Many calls of one function with values, as few crossings as the engine can make of them. @module */

import type { CallOptions, InvokeOptions } from "./call_options.ts";
import { json } from "./codec.ts";
import { ExtensionError, Fault } from "./errors.ts";

/** What an extension hands to {@linkcode callAll}. */
export interface CallAllParts<Output> {
  /** Name of the extension, and of its function. */
  readonly extension: string;
  readonly fn: string;
  readonly inputs: readonly unknown[];
  readonly options: CallOptions<Output>;
  /** Milliseconds that all of them may take together. */
  readonly timeoutMs: number;
  /** Calls with a JSON list, where the engine takes one. */
  readonly each: ((payloads: string, options: InvokeOptions) => Promise<Uint8Array>) | undefined;
  /** Calls with one of them. */
  readonly one: (input: unknown, options: CallOptions<Output>) => Promise<Output>;
}

/** Gives the results in the order of the inputs, or throws what the first failed call did. */
export async function callAll<Output>(parts: CallAllParts<Output>): Promise<Output[]> {
  const { inputs, each, one, options, timeoutMs } = parts;
  if (!Array.isArray(inputs)) {
    throw new TypeError(
      `Cannot call with each entry as inputs must be a list: current value is a ${typeof inputs}`,
    );
  }
  if (each) return checkList(parts, await each(JSON.stringify(inputs), options));
  const end = performance.now() + timeoutMs;
  const results: Output[] = [];
  for (const input of inputs) {
    const left = end - performance.now();
    if (left <= 0) throw new ExtensionError(new Fault("timeout"), parts.extension, parts.fn);
    results.push(await one(input, { ...options, timeoutMs: left }));
  }
  return results;
}

/** A guest made the list: neither that it is one nor its length is certain. */
function checkList<Output>(parts: CallAllParts<Output>, result: Uint8Array): Output[] {
  const { extension, fn, inputs, options: { output } } = parts;
  let values: unknown;
  try {
    values = json.decode(result);
  } catch { /* what it is not is told below */ }
  const problem = !Array.isArray(values) || values.length !== inputs.length
    ? "it gave no result for each entry"
    : output && !values.every((value) => output(value))
    ? "its result does not have the expected shape"
    : undefined;
  if (problem === undefined) return values as Output[];
  throw new ExtensionError(new Fault("bad-guest-data", problem), extension, fn);
}
