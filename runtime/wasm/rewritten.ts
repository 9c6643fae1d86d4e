/** Rewritten and compiled modules, kept by the digest of their bytes as long as somebody uses them. @module */

import { Fault } from "../errors.ts";
import { type AddedExports, rewrite, type RewriteOptions } from "./rewrite/rewrite.ts";

/** A module that the host can limit. */
export interface RewrittenModule {
  readonly module: WebAssembly.Module;
  readonly added: AddedExports;
}

interface Kept {
  readonly module: WeakRef<WebAssembly.Module>;
  readonly added: AddedExports;
}

/** A module up to this size is compiled in a fraction of a millisecond: going to another thread takes longer. */
const SMALL_BYTES = 64 * 1024;

/** By digest and options; a thousand extensions of one module compile it once. */
const kept = new Map<string, Kept>();
const making = new Map<string, Promise<RewrittenModule>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (kept.get(key)?.module.deref() === undefined) kept.delete(key);
});

/**
 * Rewrites and compiles a valid module of this digest, or finds it done.
 *
 * @throws {Fault} as `rewrite`, and `unsupported` for one that becomes too large for the engine.
 */
export async function rewriteModule(
  bytes: Uint8Array<ArrayBuffer>,
  options: RewriteOptions,
  digest: string,
): Promise<RewrittenModule> {
  const { memoryPages, tableEntries, metering } = options;
  const key = `${digest}:${memoryPages}:${tableEntries}:${metering}`;
  const found = kept.get(key);
  const module = found?.module.deref();
  if (found !== undefined && module !== undefined) return { module, added: found.added };
  let made = making.get(key);
  if (made === undefined) {
    made = make(bytes, options, key).finally(() => making.delete(key));
    making.set(key, made);
  }
  return await made;
}

async function make(
  bytes: Uint8Array<ArrayBuffer>,
  options: RewriteOptions,
  key: string,
): Promise<RewrittenModule> {
  const { bytes: rewritten, added } = rewrite(bytes, options);
  let module: WebAssembly.Module;
  try {
    module = rewritten.length <= SMALL_BYTES
      ? new WebAssembly.Module(rewritten)
      : await WebAssembly.compile(rewritten);
  } catch (cause) {
    // The original is valid: what is refused now is its size, of a function or of a list.
    throw new Fault("unsupported", "its module cannot be limited: it is too large", { cause });
  }
  kept.set(key, { module: new WeakRef(module), added });
  forgotten.register(module, key);
  return { module, added };
}
