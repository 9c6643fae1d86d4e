/** From a source to a compiled module and its shape; nothing of the guest runs here. @module */

import { Fault } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Source } from "../source.ts";
import type { ModuleShape } from "./abi/contract.ts";
import type { LinkedModule } from "./link.ts";
import { type BinaryShape, readBinary, shapeOf } from "./shape.ts";

/** A module that can be instantiated. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  readonly shape: ModuleShape;
}

/** A module and the others that it is linked with. */
export interface CompiledProgram extends CompiledModule {
  /** The modules beside it; empty where it is alone. */
  readonly linked: readonly LinkedModule[];
}

/**
 * Compiles the module of `source`, and those that are linked with it.
 *
 * @throws {Fault} as {@linkcode compileSource}.
 */
export async function compileProgram(
  source: Source,
  limits: Limits,
  signal: AbortSignal | undefined,
): Promise<CompiledProgram> {
  const main = await compileSource(source, limits, signal);
  const linked: LinkedModule[] = [];
  for (const { name, path } of source.linked ?? []) {
    const part = { ...source, modulePath: path, compiled: undefined };
    linked.push({ name, ...await compileSource(part, limits, signal) });
  }
  return { ...main, linked };
}

/** Bytes of one page of WebAssembly memory. */
const PAGE_BYTES = 65_536;
/** Bytes the engine keeps for one element of a table. */
const TABLE_ELEMENT_BYTES = 8;

/**
 * Reads, validates and compiles the module of `source`.
 *
 * @throws {Fault} `unsupported` without a module, for invalid bytes and for memories this engine
 * does not take; `memory-limit` for a module that starts larger than it may be.
 */
export async function compileSource(
  source: Source,
  limits: Limits,
  signal: AbortSignal | undefined,
): Promise<CompiledModule> {
  if (source.compiled !== undefined) {
    return { module: source.compiled, shape: shapeOf(source.compiled, undefined) };
  }
  if (source.modulePath === "") {
    throw new Fault(
      "unsupported",
      'it names no module; add "module": "<path>.wasm" to its manifest',
    );
  }
  const bytes = await source.read(source.modulePath) as Uint8Array<ArrayBuffer>;
  signal?.throwIfAborted();
  if (!WebAssembly.validate(bytes)) {
    throw new Fault("unsupported", `its module is no valid WebAssembly: ${reasonOf(bytes)}`);
  }
  const binary = readBinary(bytes);
  if (binary !== undefined) checkSizes(binary, limits);
  const module = await WebAssembly.compile(bytes);
  signal?.throwIfAborted();
  return { module, shape: shapeOf(module, binary) };
}

/** Only compiling tells why bytes are invalid; it stops at the first fault. */
function reasonOf(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    new WebAssembly.Module(bytes);
    return "the engine refuses it";
  } catch (error) {
    return error instanceof Error ? error.message : "the engine refuses it";
  }
}

function checkSizes({ memories, tables }: BinaryShape, { memoryBytes }: Limits): void {
  if (memories.length > 1) {
    throw new Fault(
      "unsupported",
      `its module has ${memories.length} memories where one is allowed`,
    );
  }
  let bytes = 0;
  for (const { min, shared, wide } of memories) {
    if (shared) throw new Fault("unsupported", "its module has a shared memory");
    if (wide) throw new Fault("unsupported", "its module has a 64-bit memory");
    bytes += min * PAGE_BYTES;
  }
  for (const { min } of tables) bytes += min * TABLE_ELEMENT_BYTES;
  if (bytes > memoryBytes) throw memoryFault(bytes, memoryBytes);
}

/** The fault of a guest that has more memory than it may. */
export function memoryFault(bytes: number, limit: number): Fault {
  return new Fault("memory-limit", `it has ${bytes} bytes of memory where ${limit} are allowed`);
}
