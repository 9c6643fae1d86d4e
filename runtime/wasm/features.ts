/**
 * Which features of WebAssembly a module uses, for people who want to know; nothing is decided by it.
 * Unlike the scanner of the rewriter it also looks at modules that are refused, as far as their
 * instructions can be followed.
 *
 * @module
 */

import { readSections, SECTION } from "./rewrite/declarations.ts";
import {
  FORM,
  FORMS,
  isValueType,
  MISC,
  SIMD_END,
  SIMD_FORM,
  SIMD_FORMS,
} from "./rewrite/opcodes.ts";
import { Reader } from "./rewrite/reader.ts";

/** The features that are told, in the order in which they are. */
export const FEATURES = [
  "mutable-globals",
  "sign-extension",
  "saturating-conversions",
  "multi-value",
  "bulk-memory",
  "reference-types",
  "simd",
  "relaxed-simd",
  "tail-calls",
  "legacy-exceptions",
  "exceptions",
  "threads",
  "multi-memory",
  "memory64",
  "typed-references",
  "gc",
] as const;

/** One of {@linkcode FEATURES}. */
export type Feature = (typeof FEATURES)[number];

/** What {@linkcode featuresOf} found. */
export interface ModuleFeatures {
  readonly features: readonly Feature[];
  /** Functions of its own. */
  readonly functions: number;
  /** Bytes of their code. */
  readonly codeBytes: number;
  /** Whether it has a start section. */
  readonly starts: boolean;
}

const FUNCTION_TYPE = 0x60;
const SUB_TYPES = { first: 0x4e, last: 0x5f } as const;
const LIMIT = { shared: 2, wide: 4 } as const;
const EXTERNAL = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const TYPED_REFERENCE = { nullable: 0x63, nonNull: 0x64 } as const;
const EMPTY_BLOCK = 0x40;
const MEMORY_INDEX = 0x40;
const SIGN_EXTENSION = { first: 0xc0, last: 0xc4 } as const;
const RELAXED_SIMD = 0x100;
const GC_PREFIX = 0xfb;
const LONGEST_NUMBER = 10;

/** The features of a valid module. */
export function featuresOf(bytes: Uint8Array): ModuleFeatures {
  const found = new Set<Feature>();
  let functions = 0;
  let codeBytes = 0;
  let starts = false;
  let memories = 0;
  for (const { id, start, end } of readSections(bytes)) {
    const reader = new Reader(bytes, start, end);
    switch (id) {
      case SECTION.type:
        readTypes(reader, found);
        break;
      case SECTION.import:
        memories += readImports(reader, found);
        break;
      case SECTION.memory: {
        const count = reader.count();
        memories += count;
        for (let left = count; left > 0; left--) readLimits(reader, found);
        break;
      }
      case SECTION.tag:
        found.add("exceptions");
        break;
      case SECTION.start:
        starts = true;
        break;
      case SECTION.dataCount:
        found.add("bulk-memory");
        break;
      case SECTION.code:
        functions = reader.count();
        codeBytes = end - start;
        for (let left = functions; left > 0; left--) {
          new Walker(reader.part(reader.u32()), found).walk();
        }
        break;
    }
  }
  if (memories > 1) found.add("multi-memory");
  // A tag alone does not tell which kind of handlers there are.
  if (found.has("legacy-exceptions")) found.delete("exceptions");
  return { features: FEATURES.filter((name) => found.has(name)), functions, codeBytes, starts };
}

function readTypes(reader: Reader, found: Set<Feature>): void {
  for (let left = reader.count(); left > 0; left--) {
    const form = reader.byte();
    if (form >= SUB_TYPES.first && form <= SUB_TYPES.last) {
      // what follows has forms of its own, and one is enough to know
      found.add("gc");
      return;
    }
    if (form !== FUNCTION_TYPE) return;
    for (const isResult of [false, true]) {
      const count = reader.count();
      if (isResult && count > 1) found.add("multi-value");
      for (let each = count; each > 0; each--) readValueType(reader, found);
    }
  }
}

function readValueType(reader: Reader, found: Set<Feature>): void {
  const type = reader.byte();
  if (type === TYPED_REFERENCE.nullable || type === TYPED_REFERENCE.nonNull) {
    found.add("typed-references");
    skipNumber(reader);
  } else if (type === 0x7b) found.add("simd");
  else if (type === 0x69) found.add("exceptions");
  else if (type === 0x6f || type === 0x70) found.add("reference-types");
  else if (!isValueType(type)) found.add("gc");
}

/** Memories that are imported. */
function readImports(reader: Reader, found: Set<Feature>): number {
  let memories = 0;
  for (let left = reader.count(); left > 0; left--) {
    reader.name();
    reader.name();
    switch (reader.byte()) {
      case EXTERNAL.function:
        reader.u32();
        break;
      case EXTERNAL.table:
        readValueType(reader, found);
        readLimits(reader, found);
        break;
      case EXTERNAL.memory:
        memories++;
        readLimits(reader, found);
        break;
      case EXTERNAL.global:
        readValueType(reader, found);
        if (reader.byte() === 1) found.add("mutable-globals");
        break;
      case EXTERNAL.tag:
        reader.byte();
        reader.u32();
        found.add("exceptions");
        break;
    }
  }
  return memories;
}

function readLimits(reader: Reader, found: Set<Feature>): void {
  const flags = reader.byte();
  if ((flags & LIMIT.shared) !== 0) found.add("threads");
  if ((flags & LIMIT.wide) !== 0) found.add("memory64");
  skipNumber(reader);
  if ((flags & 1) !== 0) skipNumber(reader);
}

function skipNumber(reader: Reader): void {
  for (let length = 0; length < LONGEST_NUMBER; length++) if (reader.byte() < 0x80) return;
}

/** Features that an instruction is enough for. */
const OF_FORM: { readonly [form: number]: Feature } = {
  [FORM.returnCall]: "tail-calls",
  [FORM.returnCallIndirect]: "tail-calls",
  [FORM.try]: "legacy-exceptions",
  [FORM.catch]: "legacy-exceptions",
  [FORM.delegate]: "legacy-exceptions",
  [FORM.tryTable]: "exceptions",
  [FORM.throwRef]: "exceptions",
  [FORM.refNull]: "reference-types",
  [FORM.selectTyped]: "reference-types",
  [FORM.simd]: "simd",
  [FORM.atomic]: "threads",
};

/** Walks through one body. */
class Walker {
  readonly #reader: Reader;
  readonly #found: Set<Feature>;

  constructor(body: Reader, found: Set<Feature>) {
    this.#reader = body;
    this.#found = found;
  }

  /** To its end, or to the first instruction whose length is not known. */
  walk(): void {
    const reader = this.#reader;
    for (let groups = reader.count(); groups > 0; groups--) {
      reader.u32();
      readValueType(reader, this.#found);
    }
    while (!reader.done) {
      const opcode = reader.byte();
      if (opcode >= SIGN_EXTENSION.first && opcode <= SIGN_EXTENSION.last) {
        this.#found.add("sign-extension");
      }
      const form = FORMS[opcode] ?? FORM.unknown;
      const feature = OF_FORM[form];
      if (feature !== undefined) this.#found.add(feature);
      if (!this.#skip(form)) {
        this.#found.add(opcode === GC_PREFIX || opcode === 0xd3 ? "gc" : "typed-references");
        return;
      }
    }
  }

  /** Steps over what follows an opcode; `false` where that is not known. */
  #skip(form: number): boolean {
    const reader = this.#reader;
    switch (form) {
      case FORM.unknown:
        return false;
      case FORM.fixed4:
        reader.skip(4);
        return true;
      case FORM.fixed8:
        reader.skip(8);
        return true;
      case FORM.memarg:
        return this.#memarg();
      case FORM.block:
      case FORM.loop:
      case FORM.if:
      case FORM.try:
        return this.#blockType();
      case FORM.tryTable:
        this.#blockType();
        for (let left = reader.count(); left > 0; left--) this.#numbers(reader.byte() < 2 ? 2 : 1);
        return true;
      case FORM.brTable:
        return this.#numbers(reader.count() + 1);
      case FORM.callIndirect:
      case FORM.returnCallIndirect:
        return this.#numbers(2);
      case FORM.selectTyped:
        for (let left = reader.count(); left > 0; left--) readValueType(reader, this.#found);
        return true;
      case FORM.misc:
        return this.#misc(reader.u32());
      case FORM.simd:
        return this.#simd(reader.u32());
      case FORM.atomic:
        return reader.u32() === 3 ? this.#numbers(1) : this.#memarg();
      default:
        return this.#numbers(OPERANDS.has(form) ? 1 : 0);
    }
  }

  #numbers(count: number): true {
    for (let left = count; left > 0; left--) skipNumber(this.#reader);
    return true;
  }

  #memarg(): true {
    const alignment = this.#reader.u32();
    return this.#numbers((alignment & MEMORY_INDEX) === 0 ? 1 : 2);
  }

  #blockType(): true {
    const { bytes, at } = this.#reader;
    const first = bytes[at] ?? 0;
    if (first === EMPTY_BLOCK) return this.#numbers(1);
    if (first > EMPTY_BLOCK && first < 0x80) {
      readValueType(this.#reader, this.#found);
      return true;
    }
    this.#found.add("multi-value");
    return this.#numbers(1);
  }

  #misc(sub: number): boolean {
    if (sub <= MISC.lastConversion) {
      this.#found.add("saturating-conversions");
      return true;
    }
    if (sub > MISC.tableFill) return false;
    this.#found.add(sub < MISC.tableGrow ? "bulk-memory" : "reference-types");
    const hasTwo = sub === MISC.memoryInit || sub === MISC.memoryCopy || sub === MISC.tableInit ||
      sub === MISC.tableCopy;
    return this.#numbers(hasTwo ? 2 : 1);
  }

  #simd(sub: number): boolean {
    if (sub >= RELAXED_SIMD) this.#found.add("relaxed-simd");
    switch (sub < SIMD_END ? SIMD_FORMS[sub] : SIMD_FORM.unknown) {
      case SIMD_FORM.plain:
        return true;
      case SIMD_FORM.memarg:
        return this.#memarg();
      case SIMD_FORM.wide:
        this.#reader.skip(16);
        return true;
      case SIMD_FORM.lane:
        this.#reader.skip(1);
        return true;
      case SIMD_FORM.memargLane:
        this.#memarg();
        this.#reader.skip(1);
        return true;
      default:
        return false;
    }
  }
}

/** Forms with one number behind them. */
const OPERANDS: ReadonlySet<number> = new Set([
  FORM.leb32,
  FORM.leb64,
  FORM.catch,
  FORM.delegate,
  FORM.call,
  FORM.returnCall,
  FORM.throw,
  FORM.memoryGrow,
  FORM.refNull,
]);
