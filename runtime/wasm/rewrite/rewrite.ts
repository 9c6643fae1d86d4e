/**
 * Rewrites a WebAssembly binary so that its host can limit it: memories and tables get a maximum, the
 * start section becomes an exported function, and every loop and function counts what it does.
 *
 * @module
 */

import {
  AppendedTypes,
  FIXED_FUNCTIONS,
  GLOBALS,
  layAppendix,
  writeGlobals,
  writeTable,
} from "./appendix.ts";
import { BulkHelpers } from "./bulk.ts";
import { meterCode } from "./code.ts";
import { keepsCustomSection } from "./custom.ts";
import { SECTION, type Section, SECTION_ORDER } from "./declarations.ts";
import { type Outline, readOutline } from "./outline.ts";
import { Reader } from "./reader.ts";
import { type CappedSizes, capSizes, type SizeLimits, writeSize } from "./sizes.ts";
import { Writer } from "./writer.ts";

/** What a module is rewritten for. */
export interface RewriteOptions extends SizeLimits {
  /** Whether it counts what it does. Without, only sizes are capped. */
  readonly metering: boolean;
}

/** Names of exports that the rewriter added; none begins like an export of the guest. */
export interface AddedExports {
  /** What all of them begin with. */
  readonly prefix: string;
  /** The former start function, `() -> ()`; to be called before anything else. */
  readonly start: string | undefined;
  /** What metering added. */
  readonly meter: MeterExports | undefined;
}

/** Exports through which the host counts. */
export interface MeterExports {
  /** `(i32) -> i32`: sets the counter, and gives the old one. */
  readonly exchange: string;
  /** A mutable global: the host's object for the instance, handed to the function in the table. */
  readonly owner: string;
  /**
   * A table of one function, `(owner: externref, counter: i32) -> i32`, called when the counter
   * fell below 0: it gives the new counter, or ends the guest by throwing a trap.
   */
  readonly table: string;
}

/** A rewritten module. */
export interface Rewritten {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly added: AddedExports;
  readonly sizes: CappedSizes;
}

const FUNCTION = 0;
const TABLE = 1;
const GLOBAL = 3;

/**
 * Rewrites `bytes`, which must be valid: the original has to be validated before, or a guest could
 * name what is appended here.
 *
 * @throws {Fault} `unsupported` for what cannot be metered, `memory-limit` for a module that begins
 * with more than it may have.
 */
export function rewrite(bytes: Uint8Array, options: RewriteOptions): Rewritten {
  const outline = readOutline(bytes, options.metering);
  const sizes = capSizes(outline, options);
  const sections = new Map<number, Writer>();
  const exports = new AddedList(outline.exportNames);
  const start = outline.start === undefined
    ? undefined
    : exports.add("start", FUNCTION, outline.start);
  if (outline.imports.memories.length + outline.imports.tables.length > 0) {
    sections.set(SECTION.import, cappedImports(outline, sizes));
  }
  if (outline.memories.length > 0) sections.set(SECTION.memory, cappedMemories(outline, sizes));
  const tables = cappedTables(outline, sizes);
  const meter = options.metering ? appendMeter(outline, sections, tables, exports) : undefined;
  if (outline.tables.length > 0 || meter !== undefined) {
    sections.set(SECTION.table, counted(outline.tables.length + (meter ? 1 : 0), tables));
  }
  if (exports.count > 0) {
    sections.set(SECTION.export, extended(outline, SECTION.export, exports.count, exports.written));
  }
  return {
    bytes: assemble(outline, sections),
    added: { prefix: exports.prefix, start, meter },
    sizes,
  };
}

/** Appends everything that metering needs, and meters the code. */
function appendMeter(
  outline: Outline,
  sections: Map<number, Writer>,
  tables: Writer,
  exports: AddedList,
): MeterExports {
  const { imports } = outline;
  const types = new AppendedTypes(outline.types.length);
  const appendix = layAppendix({
    types: outline.types.length,
    functions: imports.functions.length + outline.functions.length,
    tables: imports.tables.length + outline.tables.length,
    globals: imports.globals + outline.globals,
  }, types);
  const helpers = new BulkHelpers(
    appendix.refillLocal + FIXED_FUNCTIONS,
    [...imports.tables, ...outline.tables].map(({ type }) => type),
  );
  const code = readerOf(outline, SECTION.code);
  const { bodies, hints } = meterCode(code, { outline, appendix, helpers, types });
  const functions = new Writer();
  for (const type of appendix.functionTypes) functions.u32(type);
  for (const { params, results } of helpers.signatures()) {
    functions.u32(types.indexOf(params, results));
  }
  const globals = new Writer();
  writeGlobals(globals);
  writeTable(tables);
  const added = FIXED_FUNCTIONS + helpers.count;
  sections.set(SECTION.custom, hints);
  sections.set(SECTION.code, counted(outline.functions.length + added, bodies));
  sections.set(SECTION.function, extended(outline, SECTION.function, added, functions.written));
  sections.set(SECTION.type, extended(outline, SECTION.type, types.count, types.written));
  sections.set(SECTION.global, extended(outline, SECTION.global, GLOBALS, globals.written));
  return {
    exchange: exports.add("exchange", FUNCTION, appendix.exchange),
    owner: exports.add("owner", GLOBAL, appendix.owner),
    table: exports.add("table", TABLE, appendix.table),
  };
}

/** Exports that are added, under names that begin like none of the guest's. */
class AddedList {
  readonly prefix: string;
  readonly #out = new Writer();
  #count = 0;

  constructor(taken: readonly Uint8Array[]) {
    const decoder = new TextDecoder();
    const prefixes = new Set<string>();
    for (const name of taken) prefixes.add(decoder.decode(name).split(":", 1)[0] + ":");
    let prefix = "airlock:";
    for (let n = 1; prefixes.has(prefix); n++) prefix = `airlock${n}:`;
    this.prefix = prefix;
  }

  get count(): number {
    return this.#count;
  }

  get written(): Uint8Array {
    return this.#out.written;
  }

  add(what: string, kind: number, index: number): string {
    const name = this.prefix + what;
    const bytes = new TextEncoder().encode(name);
    this.#out.u32(bytes.length);
    this.#out.put(bytes);
    this.#out.byte(kind);
    this.#out.u32(index);
    this.#count++;
    return name;
  }
}

function readerOf({ bytes, sections }: Outline, id: number): Reader | undefined {
  const section = sections.find((one) => one.id === id);
  return section && new Reader(bytes, section.start, section.end);
}

/** A vector: its length, then its elements. */
function counted(count: number, elements: Writer): Writer {
  const out = new Writer(elements.length + 5);
  out.u32(count);
  out.put(elements.written);
  return out;
}

/** A section with more elements behind its own, which are copied as they are. */
function extended(outline: Outline, id: number, more: number, elements: Uint8Array): Writer {
  const reader = readerOf(outline, id);
  const own = reader?.count() ?? 0;
  const out = new Writer(elements.length + 16);
  out.u32(own + more);
  if (reader !== undefined) out.copy(outline.bytes, reader.at, reader.end);
  out.put(elements);
  return out;
}

function cappedMemories({ imports, memories }: Outline, sizes: CappedSizes): Writer {
  const out = new Writer();
  out.u32(memories.length);
  for (const size of sizes.memories.slice(imports.memories.length)) writeSize(out, size);
  return out;
}

/** The tables' types and sizes, without their count. */
function cappedTables({ imports, tables }: Outline, sizes: CappedSizes): Writer {
  const out = new Writer();
  const own = sizes.tables.slice(imports.tables.length);
  tables.forEach(({ type }, at) => {
    const size = own[at];
    if (size === undefined) return;
    out.byte(type);
    writeSize(out, size);
  });
  return out;
}

/** The import section with other sizes of memories and tables. */
function cappedImports(outline: Outline, sizes: CappedSizes): Writer {
  const { bytes, sections, importedSizes } = outline;
  const section = sections.find(({ id }) => id === SECTION.import);
  const out = new Writer();
  let from = section?.start ?? 0;
  const next = { table: 0, memory: 0 };
  for (const { start, end, kind } of importedSizes) {
    out.copy(bytes, from, start);
    const list = kind === "table" ? sizes.tables : sizes.memories;
    const size = list[next[kind]++];
    if (size !== undefined) writeSize(out, size);
    from = end;
  }
  out.copy(bytes, from, section?.end ?? from);
  return out;
}

/** Puts a binary together: changed and new sections at their places, the others as they were. */
function assemble(
  { bytes, sections }: Outline,
  changed: ReadonlyMap<number, Writer>,
): Uint8Array<ArrayBuffer> {
  const out = new Writer(bytes.length + 1024);
  const pending = new Map(changed);
  const write = (id: number, content: Writer): void => {
    const hints = id === SECTION.code ? pending.get(SECTION.custom) : undefined;
    if (hints !== undefined) write(SECTION.custom, hints);
    out.byte(id);
    out.sized(content);
    pending.delete(id);
  };
  const writeNewBefore = (place: number): void => {
    for (const id of SECTION_ORDER.slice(0, place)) {
      const content = pending.get(id);
      if (content !== undefined) write(id, content);
    }
  };
  out.copy(bytes, 0, 8); // the magic number and the version
  for (const section of sections) {
    if (section.id === SECTION.custom) {
      copyCustom(out, bytes, section);
      continue;
    }
    writeNewBefore(SECTION_ORDER.indexOf(section.id));
    if (section.id === SECTION.start) continue;
    const content = pending.get(section.id);
    if (content !== undefined) {
      write(section.id, content);
    } else {
      out.byte(section.id);
      out.u32(section.end - section.start);
      out.copy(bytes, section.start, section.end);
    }
  }
  writeNewBefore(SECTION_ORDER.length);
  return out.written.slice();
}

function copyCustom(out: Writer, bytes: Uint8Array, { start, end }: Section): void {
  if (!keepsCustomSection(new Reader(bytes, start, end).name())) return;
  out.byte(SECTION.custom);
  out.u32(end - start);
  out.copy(bytes, start, end);
}
