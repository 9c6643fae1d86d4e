/**
 * What a module imports and exports, with signatures and sizes. The engine tells names and kinds;
 * signatures and memory sizes stand only in the binary, so those sections are read here.
 * The bytes were validated before; anything this reader does not know leaves types unknown.
 *
 * @module
 */

import type { ModuleShape } from "./abi/contract.ts";

/** A memory or table as it is declared, own or imported. Sizes are in pages or elements. */
export interface Declared {
  readonly min: number;
  /** `undefined` where it may grow as far as the engine lets it. */
  readonly max: number | undefined;
  readonly shared: boolean;
  /** Addressed by 64-bit numbers. */
  readonly wide: boolean;
}

/** Everything a binary declares, beside its code. */
export interface BinaryShape {
  /** Signature of each imported function, in order. */
  readonly importTypes: readonly (string | undefined)[];
  /** Signature of each exported function by name. */
  readonly exportTypes: ReadonlyMap<string, string | undefined>;
  readonly memories: readonly Declared[];
  readonly tables: readonly Declared[];
}

/** Names and kinds from the engine, signatures from `binary` where there is one. */
export function shapeOf(
  module: WebAssembly.Module,
  binary: BinaryShape | undefined,
): ModuleShape {
  let at = 0;
  const imports = WebAssembly.Module.imports(module).map(({ module, name, kind }) => ({
    module,
    name,
    kind,
    type: kind === "function" ? binary?.importTypes[at++] : undefined,
  }));
  const exports = WebAssembly.Module.exports(module).map(({ name, kind }) => ({
    name,
    kind,
    type: kind === "function" ? binary?.exportTypes.get(name) : undefined,
  }));
  return Object.freeze({
    imports: Object.freeze(imports),
    exports: Object.freeze(exports),
    memoryPages: binary?.memories[0]?.max,
  });
}

const SECTION = { type: 1, import: 2, function: 3, table: 4, memory: 5, export: 7 } as const;
const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const FUNCTION_FORM = 0x60;
const VALUE_TYPES: { readonly [code: number]: string } = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
  0x7b: "v128",
  0x70: "funcref",
  0x6f: "externref",
};

/** Reads the declarations of a valid binary; `undefined` when it uses forms unknown here. */
export function readBinary(bytes: Uint8Array): BinaryShape | undefined {
  try {
    return read(new Reader(bytes));
  } catch (error) {
    if (error instanceof UnknownForm) return undefined;
    throw error;
  }
}

class UnknownForm extends Error {
  override readonly name = "UnknownForm";
}

function read(reader: Reader): BinaryShape {
  const types: string[] = [];
  const functions: number[] = [];
  const importTypes: (string | undefined)[] = [];
  const exportTypes = new Map<string, string | undefined>();
  const memories: Declared[] = [];
  const tables: Declared[] = [];
  reader.at = 8; // the magic number and the version
  while (!reader.done) {
    const section = reader.byte();
    const size = reader.u32();
    const end = reader.at + size;
    switch (section) {
      case SECTION.type:
        reader.times(() => types.push(reader.functionType()));
        break;
      case SECTION.import:
        reader.times(() => {
          reader.name();
          reader.name();
          switch (reader.byte()) {
            case KIND.function: {
              const type = reader.u32();
              functions.push(type);
              importTypes.push(types[type]);
              break;
            }
            case KIND.table:
              reader.valueType();
              tables.push(reader.limits());
              break;
            case KIND.memory:
              memories.push(reader.limits());
              break;
            case KIND.global:
              reader.valueType();
              reader.byte();
              break;
            case KIND.tag:
              reader.byte();
              reader.u32();
              break;
            default:
              throw new UnknownForm();
          }
        });
        break;
      case SECTION.function:
        reader.times(() => functions.push(reader.u32()));
        break;
      case SECTION.table:
        reader.times(() => {
          reader.valueType();
          tables.push(reader.limits());
        });
        break;
      case SECTION.memory:
        reader.times(() => memories.push(reader.limits()));
        break;
      case SECTION.export:
        reader.times(() => {
          const name = reader.name();
          const kind = reader.byte();
          const index = reader.u32();
          if (kind === KIND.function) exportTypes.set(name, types[functions[index] ?? -1]);
        });
        break;
    }
    reader.at = end;
  }
  return { importTypes, exportTypes, memories, tables };
}

/** Steps through a binary. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #decoder = new TextDecoder();
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new UnknownForm();
    return byte;
  }

  /** An unsigned LEB128 number; sizes above 2^53 do not occur in what is declared. */
  u32(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** Does `step` as often as the vector has elements. */
  times(step: () => void): void {
    for (let count = this.u32(); count > 0; count--) step();
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    this.at += length;
    return this.#decoder.decode(this.#bytes.subarray(start, this.at));
  }

  valueType(): string {
    const type = VALUE_TYPES[this.byte()];
    if (type === undefined) throw new UnknownForm();
    return type;
  }

  functionType(): string {
    if (this.byte() !== FUNCTION_FORM) throw new UnknownForm();
    const params: string[] = [];
    const results: string[] = [];
    this.times(() => params.push(this.valueType()));
    this.times(() => results.push(this.valueType()));
    const left = `(${params.join(", ")})`;
    if (results.length === 0) return left;
    return `${left} -> ${results.length === 1 ? results[0] : `(${results.join(", ")})`}`;
  }

  limits(): Declared {
    const flags = this.byte();
    if (flags > 7) throw new UnknownForm();
    const min = this.u32();
    const max = (flags & 1) !== 0 ? this.u32() : undefined;
    return { min, max, shared: (flags & 2) !== 0, wide: (flags & 4) !== 0 };
  }
}
