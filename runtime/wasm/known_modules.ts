/** Compiled modules by the digest of their bytes, kept as long as somebody uses them: known ones are not looked at again. @module */

import { sha256Of } from "../sha256.ts";
import type { CompiledModule } from "./compile.ts";

interface Known extends Omit<CompiledModule, "module"> {
  readonly module: WeakRef<WebAssembly.Module>;
}

const known = new Map<string, Known>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (known.get(key)?.module.deref() === undefined) known.delete(key);
});

/** What the bytes of a module are known by. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  return (await sha256Of(bytes)).toBase64();
}

/** The compiled module kept under `key`. */
export function findKnown(key: string): CompiledModule | undefined {
  const found = known.get(key);
  const module = found?.module.deref();
  return found === undefined || module === undefined ? undefined : { ...found, module };
}

/** Keeps a compiled module under `key`. */
export function keepKnown(key: string, compiled: CompiledModule): void {
  known.set(key, { ...compiled, module: new WeakRef(compiled.module) });
  forgotten.register(compiled.module, key);
}
