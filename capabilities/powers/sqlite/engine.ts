/** An instance of SQLite whose imports reach nothing: no file, no environment, no clock of this machine. @module */

import { sqliteModule } from "./module.js";

const PAGE_BYTES = 65_536;

/** Pages that SQLite's module starts with. */
const INITIAL_PAGES = 128;

/** What an import that must not work answers. */
const NOT_THERE = -52;

/** The functions of SQLite's C interface that are called here; pointers are numbers. */
export interface SqliteApi {
  sqlite3_initialize(): number;
  sqlite3_malloc(bytes: number): number;
  sqlite3_free(pointer: number): void;
  sqlite3_vfs_register(vfs: number, makeDefault: number): number;
  sqlite3_open_v2(name: number, db: number, flags: number, vfs: number): number;
  sqlite3_close_v2(db: number): number;
  sqlite3_limit(db: number, what: number, value: number): number;
  sqlite3__wasm_db_config_ip(db: number, what: number, on: number, out: number): number;
  sqlite3_set_authorizer(db: number, fn: number, arg: number): number;
  sqlite3_progress_handler(db: number, every: number, fn: number, arg: number): void;
  sqlite3_busy_handler(db: number, fn: number, arg: number): number;
  sqlite3_prepare_v2(db: number, sql: number, n: number, stmt: number, tail: number): number;
  sqlite3_step(stmt: number): number;
  sqlite3_finalize(stmt: number): number;
  sqlite3_errmsg(db: number): number;
  sqlite3_changes64(db: number): bigint;
  sqlite3_total_changes64(db: number): bigint;
  sqlite3_last_insert_rowid(db: number): bigint;
  sqlite3_column_count(stmt: number): number;
  sqlite3_column_name(stmt: number, at: number): number;
  sqlite3_column_type(stmt: number, at: number): number;
  sqlite3_column_int64(stmt: number, at: number): bigint;
  sqlite3_column_double(stmt: number, at: number): number;
  sqlite3_column_text(stmt: number, at: number): number;
  sqlite3_column_blob(stmt: number, at: number): number;
  sqlite3_column_bytes(stmt: number, at: number): number;
  sqlite3_bind_parameter_count(stmt: number): number;
  sqlite3_bind_parameter_name(stmt: number, at: number): number;
  sqlite3_bind_null(stmt: number, at: number): number;
  sqlite3_bind_int64(stmt: number, at: number, value: bigint): number;
  sqlite3_bind_double(stmt: number, at: number, value: number): number;
  sqlite3_bind_text(stmt: number, at: number, text: number, n: number, end: number): number;
  sqlite3_bind_blob(stmt: number, at: number, bytes: number, n: number, end: number): number;
}

/** A function that SQLite calls, with the types of its parameters: `i` for 32 bits, `j` for 64. It returns an `i`. */
export interface Callback {
  readonly params: string;
  readonly run: (...args: never[]) => number;
}

/** SQLite, and the memory it lives in. */
export class Engine {
  readonly api: SqliteApi;
  readonly #memory: WebAssembly.Memory;
  readonly #table: WebAssembly.Table;
  #bytes: Uint8Array;
  #view: DataView;

  /** `memoryBytes` caps everything it ever holds; `now` is the only clock it sees, in milliseconds since the epoch. */
  constructor(memoryBytes: number, now: () => number) {
    const maximum = Math.max(INITIAL_PAGES, Math.floor(memoryBytes / PAGE_BYTES));
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
    const known = this.#imports(maximum * PAGE_BYTES, now);
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = Object.create(null);
    for (const { module, name, kind } of WebAssembly.Module.imports(sqliteModule)) {
      const space = imports[module] ??= Object.create(null) as Record<string, never>;
      space[name] = kind === "memory" ? this.#memory : known[name] ?? (() => NOT_THERE);
    }
    const { exports } = new WebAssembly.Instance(sqliteModule, imports);
    this.api = exports as unknown as SqliteApi;
    this.#table = exports["__indirect_function_table"] as WebAssembly.Table;
    (exports["__wasm_call_ctors"] as () => void)();
    if (this.api.sqlite3_initialize() !== 0) throw new TypeError("SQLite does not start");
  }

  /** All of its memory; not to be kept over a call into it. */
  get bytes(): Uint8Array {
    if (this.#bytes.buffer !== this.#memory.buffer) {
      this.#bytes = new Uint8Array(this.#memory.buffer);
    }
    return this.#bytes;
  }

  /** The same, for numbers. */
  get view(): DataView {
    if (this.#view.buffer !== this.#memory.buffer) this.#view = new DataView(this.#memory.buffer);
    return this.#view;
  }

  /** Makes functions callable for SQLite, in order; pointers to them. */
  install(callbacks: readonly Callback[]): readonly number[] {
    const imports: Record<string, WebAssembly.ImportValue> = Object.create(null);
    for (const [at, { run }] of callbacks.entries()) imports[String(at)] = run as () => number;
    const module = new WebAssembly.Module(trampolines(callbacks));
    const { exports } = new WebAssembly.Instance(module, { e: imports });
    const first = this.#table.grow(callbacks.length);
    return callbacks.map((_, at) => {
      this.#table.set(first + at, exports[String(at)] as () => number);
      return first + at;
    });
  }

  /** Room for `bytes`, to be given back with `api.sqlite3_free`. */
  allocate(bytes: number): number {
    const pointer = this.api.sqlite3_malloc(Math.max(bytes, 1));
    if (pointer === 0) throw new OutOfMemory();
    return pointer;
  }

  /** A copy of `bytes` in its memory. */
  put(bytes: Uint8Array): number {
    const pointer = this.allocate(bytes.length);
    this.bytes.set(bytes, pointer);
    return pointer;
  }

  /** A copy of text, ending in a zero byte. */
  putText(text: string): number {
    return this.put(encoder.encode(`${text}\0`));
  }

  /** Text that ends in a zero byte; none for a null pointer. */
  text(pointer: number): string {
    if (pointer === 0) return "";
    return decoder.decode(this.bytes.subarray(pointer, this.bytes.indexOf(0, pointer)));
  }

  #imports(memoryBytes: number, now: () => number): Record<string, (...args: never[]) => unknown> {
    return {
      emscripten_get_heap_max: () => memoryBytes,
      emscripten_resize_heap: (wanted: number) => {
        const missing = Math.ceil(((wanted >>> 0) - this.#memory.buffer.byteLength) / PAGE_BYTES);
        try {
          if (missing > 0) this.#memory.grow(missing);
          return 1;
        } catch {
          return 0;
        }
      },
      emscripten_date_now: now,
      emscripten_get_now: () => 0,
      environ_sizes_get: (count: number, size: number) => {
        this.view.setUint32(count, 0, true);
        this.view.setUint32(size, 0, true);
        return 0;
      },
      _tzset_js: () => {},
      // local time is UTC: nobody is told where this machine stands
      _localtime_js: (seconds: bigint, tm: number) => {
        const at = new Date(Number(seconds) * 1_000);
        const start = Date.UTC(at.getUTCFullYear(), 0, 1);
        const fields = [
          at.getUTCSeconds(),
          at.getUTCMinutes(),
          at.getUTCHours(),
          at.getUTCDate(),
          at.getUTCMonth(),
          at.getUTCFullYear() - 1900,
          at.getUTCDay(),
          Math.floor((at.getTime() - start) / 86_400_000),
          0,
          0,
        ];
        for (const [index, field] of fields.entries()) {
          this.view.setInt32(tm + index * 4, field, true);
        }
      },
    };
  }
}

/** SQLite may not have more memory. */
export class OutOfMemory extends RangeError {
  override readonly name = "OutOfMemory";
}

/**
 * A module that imports functions and exports them again: only exports of some module can stand in
 * a table.
 */
function trampolines(callbacks: readonly Callback[]): Uint8Array<ArrayBuffer> {
  const types = callbacks.map(({ params }) => [
    0x60,
    params.length,
    ...Array.from(params, (type) => type === "j" ? 0x7e : 0x7f),
    1,
    0x7f,
  ]);
  const name = (at: number) => {
    const digits = encoder.encode(String(at));
    return [digits.length, ...digits];
  };
  const imports = callbacks.map((_, at) => [1, 0x65, ...name(at), 0, at]);
  const exports = callbacks.map((_, at) => [...name(at), 0, at]);
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(2, imports),
    ...section(7, exports),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): readonly number[] {
  const body = [entries.length, ...entries.flat()];
  // a length of two bytes holds every table of callbacks there is here
  return [id, (body.length & 0x7f) | 0x80, body.length >> 7, ...body];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
