/** What a binary declares before its code: signatures, sizes and names, read strictly. @module */

import { isReferenceType, isValueType, VALUE_TYPE } from "./opcodes.ts";
import { Reader, refused } from "./reader.ts";

/** Section numbers. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  dataCount: 12,
  code: 10,
  data: 11,
  tag: 13,
} as const;

/** The order in which sections stand in a binary. */
export const SECTION_ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.tag,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];

/** One section, its content from `start` up to `end`. */
export interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** A function's signature: value types, one byte each. */
export interface Signature {
  readonly params: Uint8Array;
  readonly results: Uint8Array;
}

/** The size of a memory or table; `max` is `undefined` where the module sets none. */
export interface Size {
  readonly min: number;
  readonly max: number | undefined;
}

/** A table, own or imported. */
export interface Table extends Size {
  /** Value type of its elements. */
  readonly type: number;
}

const EXTERNAL = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const FUNCTION_TYPE = 0x60;
const LIMITS = { hasMax: 1, shared: 2, wide: 4, pageSize: 8 } as const;

/** A reference to a type of the module's own: what it refers to follows. */
const TYPED_REFERENCE = { nullable: 0x63, nonNull: 0x64 } as const;
/** Value types are negative numbers of one byte. */
const VALUE_TYPE_BYTES = { first: 0x60, last: 0x7f } as const;

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Splits a binary into its sections, which must stand in their order, each once. */
export function readSections(bytes: Uint8Array): readonly Section[] {
  const reader = new Reader(bytes);
  for (const expected of HEADER) {
    if (reader.byte() !== expected) throw refused("it is no WebAssembly module", reader.at - 1);
  }
  const sections: Section[] = [];
  let last = -1;
  while (!reader.done) {
    const id = reader.byte();
    const { at: start, end } = reader.part(reader.u32());
    if (id !== SECTION.custom) {
      const place = SECTION_ORDER.indexOf(id);
      if (place < 0) throw refused(`it has a section of the unknown kind ${id}`, start);
      if (place <= last) throw refused("its sections are out of order", start);
      last = place;
    }
    sections.push({ id, start, end });
  }
  return sections;
}

/** Reads the type section: functions only. */
export function readTypes(reader: Reader): readonly Signature[] {
  const types: Signature[] = [];
  for (let left = reader.count(); left > 0; left--) {
    if (reader.byte() !== FUNCTION_TYPE) {
      throw refused("it has types of garbage collection", reader.at - 1);
    }
    const params = readValueTypes(reader);
    types.push({ params, results: readValueTypes(reader) });
  }
  reader.finish("its type section");
  return types;
}

function readValueTypes(reader: Reader): Uint8Array {
  const count = reader.count();
  const start = reader.at;
  for (let left = count; left > 0; left--) readValueType(reader);
  return reader.bytes.subarray(start, reader.at);
}

function readValueType(reader: Reader): number {
  const type = reader.byte();
  if (!isValueType(type)) {
    throw refused(`it uses the value type 0x${type.toString(16)}`, reader.at - 1);
  }
  return type;
}

/** Steps over any value type, those of garbage collection included. */
function skipValueType(reader: Reader): void {
  const type = reader.byte();
  if (type === TYPED_REFERENCE.nullable || type === TYPED_REFERENCE.nonNull) {
    reader.u32();
  } else if (type < VALUE_TYPE_BYTES.first || type > VALUE_TYPE_BYTES.last) {
    throw refused(`it uses the value type 0x${type.toString(16)}`, reader.at - 1);
  }
}

/** What a module imports, as far as it moves the indices of what it declares itself. */
export interface Imports {
  /** Type of each function. */
  readonly functions: readonly number[];
  readonly tables: readonly Table[];
  readonly memories: readonly Size[];
  readonly globals: number;
  /** Type of each tag. */
  readonly tags: readonly number[];
}

/** No imports. */
export const NO_IMPORTS: Imports = {
  functions: [],
  tables: [],
  memories: [],
  globals: 0,
  tags: [],
};

/**
 * Reads the import section. `onSize` is told where the size of each table and memory stands, for
 * whoever replaces it.
 */
export function readImports(
  reader: Reader,
  onSize: (start: number, end: number, kind: "table" | "memory") => void,
): Imports {
  const functions: number[] = [];
  const tables: Table[] = [];
  const memories: Size[] = [];
  const tags: number[] = [];
  let globals = 0;
  for (let left = reader.count(); left > 0; left--) {
    reader.name();
    reader.name();
    const kind = reader.byte();
    switch (kind) {
      case EXTERNAL.function:
        functions.push(reader.u32());
        break;
      case EXTERNAL.table: {
        const type = readElementType(reader);
        const start = reader.at;
        tables.push({ ...readTableSize(reader), type });
        onSize(start, reader.at, "table");
        break;
      }
      case EXTERNAL.memory: {
        const start = reader.at;
        memories.push(readMemorySize(reader));
        onSize(start, reader.at, "memory");
        break;
      }
      case EXTERNAL.global:
        skipValueType(reader);
        reader.byte();
        globals++;
        break;
      case EXTERNAL.tag:
        tags.push(readTag(reader));
        break;
      default:
        throw refused(`it imports something of the unknown kind ${kind}`, reader.at - 1);
    }
  }
  reader.finish("its import section");
  return { functions, tables, memories, globals, tags };
}

/** Reads the table section. */
export function readTables(reader: Reader): readonly Table[] {
  const tables: Table[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const type = readElementType(reader);
    tables.push({ ...readTableSize(reader), type });
  }
  reader.finish("its table section");
  return tables;
}

/** Reads the memory section. */
export function readMemories(reader: Reader): readonly Size[] {
  const memories: Size[] = [];
  for (let left = reader.count(); left > 0; left--) memories.push(readMemorySize(reader));
  reader.finish("its memory section");
  return memories;
}

/** Reads the tag section: the type of each tag. */
export function readTags(reader: Reader): readonly number[] {
  const tags: number[] = [];
  for (let left = reader.count(); left > 0; left--) tags.push(readTag(reader));
  reader.finish("its tag section");
  return tags;
}

/** Reads a section that is a vector of numbers. */
export function readIndices(reader: Reader, what: string): readonly number[] {
  const indices: number[] = [];
  for (let left = reader.count(); left > 0; left--) indices.push(reader.u32());
  reader.finish(what);
  return indices;
}

/** Reads the export section: the names, as bytes. */
export function readExportNames(reader: Reader): readonly Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let left = reader.count(); left > 0; left--) {
    names.push(reader.name());
    reader.byte();
    reader.u32();
  }
  reader.finish("its export section");
  return names;
}

/**
 * An exception that carries another one can make a list of them, which no limit of a memory or a
 * table ends.
 */
export function checkTags(tags: readonly number[], types: readonly Signature[]): void {
  for (const tag of tags) {
    if (types[tag]?.params.includes(VALUE_TYPE.exnref)) {
      throw refused("it has exceptions that carry exceptions");
    }
  }
}

function readTag(reader: Reader): number {
  if (reader.byte() !== 0) throw refused("it has a tag of an unknown kind", reader.at - 1);
  return reader.u32();
}

function readElementType(reader: Reader): number {
  const type = reader.byte();
  if (type === 0x40) throw refused("it has a table with an initial value", reader.at - 1);
  if (!isReferenceType(type)) throw refused("it has a table of typed references", reader.at - 1);
  return type;
}

function readTableSize(reader: Reader): Size {
  const flags = reader.byte();
  if ((flags & ~LIMITS.hasMax) !== 0) {
    throw refused("it has a shared or 64-bit table", reader.at - 1);
  }
  return readSize(reader, flags);
}

function readMemorySize(reader: Reader): Size {
  const flags = reader.byte();
  if ((flags & LIMITS.shared) !== 0) throw refused("it has a shared memory", reader.at - 1);
  if ((flags & LIMITS.wide) !== 0) throw refused("it has a 64-bit memory", reader.at - 1);
  if ((flags & ~LIMITS.hasMax) !== 0) {
    throw refused("it has a memory of an unknown kind", reader.at - 1);
  }
  return readSize(reader, flags);
}

function readSize(reader: Reader, flags: number): Size {
  const min = reader.u32();
  return { min, max: (flags & LIMITS.hasMax) === 0 ? undefined : reader.u32() };
}
