/** Everything about a binary but its code, read once. @module */

import {
  checkTags,
  type Imports,
  NO_IMPORTS,
  readExportNames,
  readImports,
  readIndices,
  readMemories,
  readSections,
  readTables,
  readTags,
  readTypes,
  SECTION,
  type Section,
  type Signature,
  type Size,
  type Table,
} from "./declarations.ts";
import { Reader, refused } from "./reader.ts";

/** Where the size of an imported memory or table stands. */
export interface SizePlace {
  readonly start: number;
  readonly end: number;
  readonly kind: "table" | "memory";
}

/** What a binary declares. Imports come first wherever things are counted. */
export interface Outline {
  readonly bytes: Uint8Array;
  /** In the order of the binary, custom ones included. */
  readonly sections: readonly Section[];
  readonly imports: Imports;
  /** Sizes inside the import section, in order. */
  readonly importedSizes: readonly SizePlace[];
  /** Empty where nothing is metered: then only sizes matter. */
  readonly types: readonly Signature[];
  /** Type of each function of its own. */
  readonly functions: readonly number[];
  readonly tables: readonly Table[];
  readonly memories: readonly Size[];
  /** Globals of its own. */
  readonly globals: number;
  readonly exportNames: readonly Uint8Array[];
  /** The function of the start section. */
  readonly start: number | undefined;
}

/**
 * Reads the outline of a valid binary. What a metered module may be made of is narrower: types of
 * garbage collection live outside every memory, and no limit would end them.
 *
 * @throws {Fault} `unsupported`.
 */
export function readOutline(bytes: Uint8Array, metering: boolean): Outline {
  const sections = readSections(bytes);
  const readerOf = (id: number): Reader | undefined => {
    const section = sections.find((one) => one.id === id);
    return section && new Reader(bytes, section.start, section.end);
  };
  const from = <T>(id: number, read: (reader: Reader) => T, absent: T): T => {
    const reader = readerOf(id);
    return reader === undefined ? absent : read(reader);
  };
  const importedSizes: SizePlace[] = [];
  const onSize = (start: number, end: number, kind: SizePlace["kind"]) => {
    importedSizes.push({ start, end, kind });
  };
  const imports = from(SECTION.import, (reader) => readImports(reader, onSize), NO_IMPORTS);
  const memories = from(SECTION.memory, readMemories, []);
  if (memories.length + imports.memories.length > 1) {
    throw refused(
      `it has ${memories.length + imports.memories.length} memories where one is allowed`,
    );
  }
  const types = metering ? from(SECTION.type, readTypes, []) : [];
  if (metering) checkTags([...imports.tags, ...from(SECTION.tag, readTags, [])], types);
  const indices = (reader: Reader) => readIndices(reader, "its function section");
  return {
    bytes,
    sections,
    imports,
    importedSizes,
    types,
    functions: from(SECTION.function, indices, []),
    tables: from(SECTION.table, readTables, []),
    memories,
    globals: from(SECTION.global, (reader) => reader.count(), 0),
    exportNames: from(SECTION.export, readExportNames, []),
    start: from(SECTION.start, readStart, undefined),
  };
}

function readStart(reader: Reader): number | undefined {
  const start = reader.u32();
  reader.finish("its start section");
  return start;
}
