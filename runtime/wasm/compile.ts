/** From a source to a compiled module and its shape; nothing of the guest runs here. @module */

import { Fault } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Source } from "../source.ts";
import type { ModuleShape } from "./abi/contract.ts";
import type { LinkedModule } from "./link.ts";
import { memoryFault } from "./memory_fault.ts";
import type { AddedExports, RewriteOptions } from "./rewrite/rewrite.ts";
import { digestOf, findKnown, keepKnown } from "./known_modules.ts";
import { checkParts } from "./part_limits.ts";
import { rewriteModule } from "./rewritten.ts";
import { type BinaryShape, readBinary, shapeOf } from "./shape.ts";

/** A module that can be instantiated. */
export interface CompiledModule {
  readonly module: WebAssembly.Module;
  /** What the guest itself imports and exports. */
  readonly shape: ModuleShape;
  /** What was added for the host to limit it; `undefined` for a module that came compiled. */
  readonly added: AddedExports | undefined;
}

/** A module and the others that it is linked with. */
export interface CompiledProgram extends CompiledModule {
  /** The modules beside it; empty where it is alone. */
  readonly linked: readonly LinkedModule[];
}

/** What to compile, and for what. */
export interface CompileRequest {
  readonly source: Source;
  readonly limits: Limits;
  /**
   * Whether the guest is metered: `undefined` where it can be, which an already compiled module
   * cannot.
   */
  readonly metering?: boolean | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Compiles the module of a source, and those that are linked with it.
 *
 * @throws {Fault} `unsupported` without a module, for invalid bytes and for what cannot be limited;
 * `memory-limit` for a module that starts larger than it may be.
 */
export async function compileProgram(request: CompileRequest): Promise<CompiledProgram> {
  const { source, limits, metering } = request;
  if (source.compiled !== undefined) {
    if (metering === true) {
      throw new Fault(
        "unsupported",
        "an already compiled module cannot be metered; load its bytes",
      );
    }
    const shape = shapeOf(source.compiled, undefined);
    return { module: source.compiled, shape, added: undefined, linked: [] };
  }
  const bytes = await readBytes(source.modulePath, request);
  const digest = await digestOf(bytes);
  // Linked modules share their memory limit, so that each of them depends on the others.
  const key = (source.linked ?? []).length > 0
    ? undefined
    : `${digest}:${limits.memoryBytes}:${metering ?? true}`;
  const known = key === undefined ? undefined : findKnown(key);
  if (known !== undefined) return { ...known, linked: [] };
  const main = checkedModule(bytes, limits);
  const others: { readonly name: string; readonly part: ReadModule }[] = [];
  for (const { name, path } of source.linked ?? []) {
    others.push({ name, part: checkedModule(await readBytes(path, request), limits) });
  }
  const parts = [main, ...others.map(({ part }) => part)];
  const options = { tableEntries: tableEntries(limits), metering: metering ?? true };
  const spare = sparePages(parts, limits);
  const compile = async ({ bytes, binary }: ReadModule): Promise<CompiledModule> => {
    const memoryPages = pagesOf(binary) + spare;
    const { module, added } = await rewriteModule(
      bytes,
      { ...options, memoryPages },
      bytes === main.bytes ? digest : await digestOf(bytes),
    );
    request.signal?.throwIfAborted();
    return { module, added, shape: withoutAdded(shapeOf(module, binary), added) };
  };
  const compiled = await compile(main);
  if (key !== undefined) keepKnown(key, compiled);
  const linked: LinkedModule[] = [];
  for (const { name, part } of others) linked.push({ name, ...await compile(part) });
  return { ...compiled, linked };
}

/** Elements that all tables of a module may have together. */
function tableEntries({ memoryBytes }: Limits): number {
  return clamp(memoryBytes / TABLE_SHARE, MIN_TABLE_ENTRIES, MAX_TABLE_ENTRIES);
}

/** What a module that is alone is rewritten for. */
export function rewriteOptionsFor(limits: Limits, metering: boolean): RewriteOptions {
  const memoryPages = Math.floor(limits.memoryBytes / PAGE_BYTES);
  return { memoryPages, tableEntries: tableEntries(limits), metering };
}

/** Bytes of one page of WebAssembly memory. */
const PAGE_BYTES = 65_536;
/** Bytes the engine keeps for one element of a table. */
const TABLE_ELEMENT_BYTES = 8;
/** A guest may have one element of a table for so many bytes of memory. */
const TABLE_SHARE = 64;
/** Compilers put a few hundred functions into tables, whatever memory a guest may have. */
const MIN_TABLE_ENTRIES = 4_096;
/** Filling a table of more takes longer than a call may overrun. */
const MAX_TABLE_ENTRIES = 1_000_000;

/** The bytes of one module, valid, and what they declare. */
interface ReadModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly binary: BinaryShape | undefined;
}

async function readBytes(
  path: string,
  { source, signal }: CompileRequest,
): Promise<Uint8Array<ArrayBuffer>> {
  if (path === "") {
    throw new Fault(
      "unsupported",
      'it names no module; add "module": "<path>.wasm" to its manifest',
    );
  }
  const bytes = await source.read(path) as Uint8Array<ArrayBuffer>;
  signal?.throwIfAborted();
  return bytes;
}

/**
 * @throws {Fault} `unsupported` for what is not valid or consists of too much, `memory-limit` for what
 * begins with more than it may have.
 */
function checkedModule(bytes: Uint8Array<ArrayBuffer>, limits: Limits): ReadModule {
  checkParts(bytes);
  if (!WebAssembly.validate(bytes)) {
    throw new Fault("unsupported", `its module is no valid WebAssembly: ${reasonOf(bytes)}`);
  }
  const binary = readBinary(bytes);
  if (binary !== undefined) checkSizes(binary, limits);
  return { bytes, binary };
}

/** Pages that a module begins with. */
function pagesOf(binary: BinaryShape | undefined): number {
  return binary?.memories.reduce((pages, { min }) => pages + min, 0) ?? 0;
}

/** Pages that each module may add to its own, when all grow at once. */
function sparePages(parts: readonly ReadModule[], { memoryBytes }: Limits): number {
  const begun = parts.reduce((pages, { binary }) => pages + pagesOf(binary), 0);
  const spare = Math.floor(memoryBytes / PAGE_BYTES) - begun;
  if (spare < 0) throw memoryFault(begun * PAGE_BYTES, memoryBytes);
  return Math.floor(spare / parts.length);
}

function clamp(value: number, least: number, most: number): number {
  return Math.floor(Math.min(Math.max(value, least), most));
}

/** A shape without the exports that are the host's. */
function withoutAdded(shape: ModuleShape, { prefix }: AddedExports): ModuleShape {
  const exports = shape.exports.filter(({ name }) => !name.startsWith(prefix));
  return Object.freeze({ ...shape, exports: Object.freeze(exports) });
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
