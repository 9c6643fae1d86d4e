/** What a WASM module is made of, and what becomes of it when it is limited, refused ones included. @module */

import type { DescribeRequest, WasmDetails } from "../contract.ts";
import { Fault } from "../errors.ts";
import { rewriteOptionsFor } from "./compile.ts";
import { featuresOf } from "./features.ts";
import { checkParts } from "./part_limits.ts";
import { rewrite, type Rewritten } from "./rewrite/rewrite.ts";
import { type Declared, readBinary } from "./shape.ts";

/** The details of a request's module; `undefined` where there are no bytes, or no valid ones. */
export async function readDetails(
  { source, limits, metering = true }: DescribeRequest,
): Promise<WasmDetails | undefined> {
  if (source.compiled !== undefined || source.modulePath === "") return undefined;
  const bytes = await source.read(source.modulePath) as Uint8Array<ArrayBuffer>;
  checkParts(bytes);
  if (!WebAssembly.validate(bytes)) return undefined;
  const declared = readBinary(bytes);
  const limited = orRefused(() => rewrite(bytes, rewriteOptionsFor(limits, metering)));
  const features = orRefused(() => featuresOf(bytes));
  const sizes = (own: readonly Declared[] = [], capped: Rewritten["sizes"]["memories"] = []) =>
    own.map(({ min, max }, at) => ({ min, max, limit: capped[at]?.max }));
  return {
    bytes: bytes.length,
    codeBytes: features?.codeBytes ?? 0,
    functions: features?.functions ?? 0,
    features: features?.features ?? [],
    starts: features?.starts ?? false,
    metered: limited?.added.meter !== undefined,
    limitedBytes: limited?.bytes.length,
    memories: sizes(declared?.memories, limited?.sizes.memories),
    tables: sizes(declared?.tables, limited?.sizes.tables),
  };
}

/** A refusal is told as an issue elsewhere. */
function orRefused<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
