/**
 * What a guest convention (ABI) is. A convention knows payloads, pointers and import names; it knows
 * no engine: whether a call may suspend, how an instance is made and what ends it is decided outside.
 * Files in this directory import this contract, the checked memory and the faults, nothing else.
 *
 * @module
 */

import type { HostCalls } from "../../../capabilities/host_calls.ts";
import type { OfferedImport } from "../../../capabilities/raw_import.ts";
import type { CapabilityAsk, Json, JsonObject, Manifest } from "../../../manifest/manifest.ts";
import type { Call, HostFunctions, Payload, SelfDescription } from "../../contract.ts";
import type { Fault } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { GuestMemory } from "../../memory.ts";

export type {
  Call,
  CapabilityAsk,
  Fault,
  GuestMemory,
  HostCalls,
  HostFunctions,
  Json,
  JsonObject,
  Limits,
  Manifest,
  Payload,
  SelfDescription,
};

/**
 * How many instances a convention's guests have: `one` keeps state between calls, a `pool`'s
 * instances are interchangeable, and a `fresh` one lives for a single call.
 */
export type Instances = "one" | "pool" | "fresh";

/** What a module imports and exports, known without running it. */
export interface ModuleShape {
  /** In the order of the binary. */
  readonly imports: readonly ImportShape[];
  /** In the order of the binary. */
  readonly exports: readonly ExportShape[];
  /** Pages of 64 KiB that its memory grows to at most, where it says so. */
  readonly memoryPages?: number | undefined;
}

/** One export. */
export interface ExportShape {
  /** The name; a stranger's word. */
  readonly name: string;
  /** What it is: `function`, `memory`, `global`, `table` or `tag`. */
  readonly kind: WebAssembly.ImportExportKind;
  /**
   * A function's signature, `(i32, i32) -> i64`; several results stand in parentheses, none leave
   * the arrow away. `undefined` where it is not known: an already compiled module does not tell.
   */
  readonly type: string | undefined;
}

/** One import: an {@linkcode ExportShape} of another module. */
export interface ImportShape extends ExportShape {
  /** The module it is imported from. */
  readonly module: string;
}

/** An exported function. What it returns is the guest's word: number, bigint, promise or nothing. */
export type GuestFunction = (...args: (number | bigint)[]) => unknown;

/** What a WebAssembly function takes and gives. */
export type WasmValue = number | bigint;

/**
 * A function offered to guests. The engine calls `run` where it may; `wait` where the operation has
 * to wait and the guest can be suspended. An exception of either ends the guest for good, with
 * that exception as the reason; a `Fault` is best.
 */
export interface HostFunction {
  /** Its signature, as in {@linkcode ExportShape.type}. */
  readonly type: string;
  /** Answers at once. */
  readonly run?: (...args: never[]) => WasmValue | void;
  /**
   * Answers later. `signal` fires when the call is over before the answer is there; a late answer
   * is dropped. Used, instead of `run`, when present.
   */
  readonly wait?: (signal: AbortSignal, ...args: never[]) => Promise<WasmValue | void>;
  /**
   * For a function with both: whether the guest has to be ready to wait, asked as each call begins.
   * Then `run` still comes first, and where `guest.suspends` it may give `undefined` to be followed
   * by `wait`, with the same arguments.
   */
  readonly mayWait?: () => boolean;
  /** Beside `mayWait`: whether the last `run` is to be followed by `wait`, whatever it gave. */
  readonly unfinished?: () => boolean;
  /**
   * Instead of both: a WebAssembly function of the convention's own, imported as it is, so that a
   * call of it never enters JavaScript. Nobody counts or times it: it has to be short.
   */
  readonly link?: () => GuestFunction;
}

/** Host functions by import module and name. */
export interface ImportTable {
  /** One import module's functions. */
  readonly [module: string]: { readonly [name: string]: HostFunction };
}

/** One instance of the guest, seen from its convention. */
export interface Guest {
  /** Its exported memory `memory`; empty while the instance is being made. */
  readonly memory: GuestMemory;
  /** The call in progress; while starting, one with the deadline of the load. */
  readonly call: Call;
  /** Whether what `entry` returns now gives promises; it changes only as a call begins. */
  readonly suspends: boolean;
  /** An exported function that never suspends, for allocators; `undefined` if there is none. */
  fn(name: string): GuestFunction | undefined;
  /** An exported function that may suspend: its calls return promises where `suspends`. */
  entry(name: string): GuestFunction | undefined;
  /**
   * Counts `cost` units of host work and now and then looks at the clock; every import counts one
   * by itself, so only work that grows with a length needs this.
   *
   * @throws {Fault} `timeout` once the call's deadline has passed.
   */
  tick(cost: number): void;
  /**
   * Runs an exported function that may call `proc_exit`, and answers its status; 0 when it just
   * returns. The guest can be used again where the convention says so.
   */
  runToExit(entry: GuestFunction): number | Promise<number>;
  /** `host` as an import of another module that the guest calls into; it can end the guest. */
  import(host: HostFunction): WebAssembly.ImportValue;
  /** What the guest sees as a program, where it imports WASI. */
  readonly program: GuestProgram;
}

/** A guest as a program: what it gets instead of parameters, and prints instead of a result. */
export interface GuestProgram {
  /** Its arguments, its own name first. */
  readonly args: readonly string[];
  /** Its arguments from now on, its own name first. */
  setArgs(args: readonly string[]): void;
  /** What its standard input gives from now on. The bytes are read, not copied. */
  setInput(bytes: Uint8Array): void;
  /**
   * Keeps its standard output from now on, instead of handing it out by line. More than `limit`
   * bytes end the guest with `payload-limit`. What nobody took of it is handed out after the call.
   * Where the operator takes the very bytes himself nothing is kept.
   *
   * @returns a function that takes what was kept.
   */
  captureOutput(limit: number): () => Uint8Array;
}

/** What a convention may use beside the guest itself. */
export interface AbiEnvironment {
  /** What was granted. Options of every call are the guest's own `call`. */
  readonly host: HostCalls;
  /** Every limit of the extension. */
  readonly limits: Limits;
  /** The manifest's configuration under the operator's. */
  readonly config: JsonObject;
  /** What the extension says of itself. */
  readonly manifest: Manifest;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** What the module imports and exports. */
  readonly shape: ModuleShape;
  /** What outlives an instance: the same object for every session of one extension. */
  readonly kept: Kept;
  /** What the embedder itself answers guests. */
  readonly hostFunctions: HostFunctions;
  /** Functions that capabilities offer to modules; the engine answers them. */
  readonly rawImports?: readonly OfferedImport[];
  /** The fault for a function that does not exist; `why` replaces the usual words. */
  unknownFunction(name: string, why?: string): Fault;
}

/** What one instance leaves to the next. */
export interface Kept {
  /** What the guest was last initialised with; a new instance gets it before its first call. */
  init: Uint8Array | undefined;
  /** What the guest said that it needs, before its grants were decided; no instance says more later. */
  permissions?: readonly string[];
  /** Instances that were started. */
  starts?: number;
  /** Calls that were counted, where the convention tells its guests the number. */
  calls?: number;
}

/** A convention at work in one instance. */
export interface Session {
  /** What the convention answers. */
  readonly imports: ImportTable;
  /**
   * Runs once when the instance stands and its `_initialize` or `_start` has run: look up exports
   * and run the convention's own start functions.
   */
  start?(): void | Promise<void>;
  /** Asks a started guest what it is, where {@linkcode Abi.selfDescribing}. */
  describe?(): SelfDescription | Promise<SelfDescription>;
  /**
   * One call: pure bytes in, fresh bytes out. May return a promise only where `guest.suspends`.
   *
   * @throws {Fault} anything but `unknown-function`, `bad-payload` and `guest-error` discards the
   * instance; so does whatever ended the guest itself.
   */
  invoke(fn: string, payload: Payload): Uint8Array | Promise<Uint8Array>;
  /** The same for who wants text, where that is cheaper; bytes for what is none. */
  invokeText?(fn: string, payload: Payload): Payload | Promise<Payload>;
  /** Bytes that the convention itself keeps for this instance; they count as the guest's memory. */
  memorySize?(): number;
  /** Lets go of what the last call left with the convention; the guest itself stays as it is. */
  reset?(): void;
  /** Runs before an unbroken instance is dropped. */
  close?(): void | Promise<void>;
}

/** An export that a convention cannot do without. */
export interface ExportNeed {
  /** Its name. */
  readonly name: string;
  /** What it has to be. */
  readonly kind: WebAssembly.ImportExportKind;
  /** A function's signature, as in {@linkcode ExportShape.type}. */
  readonly type?: string;
}

/** One guest convention. */
export interface Abi {
  /** What a manifest's `abi` calls it. */
  readonly name: string;
  /** How many instances its guests have. */
  readonly instances: Instances;
  /** What `detect` looks for, for the report when nothing fits. */
  readonly looksFor: string;
  /** Why this module follows the convention, in a few words; `undefined` when it does not. */
  detect(shape: ModuleShape): string | undefined;
  /** Checked at load, before anything runs; all that is missing is reported at once. */
  readonly requires: readonly ExportNeed[];
  /**
   * The signature of the exports that `invoke` reaches, so that declared functions can be checked
   * at load, or several that all do; `undefined` where the convention dispatches by operation name.
   */
  readonly operation: string | readonly string[] | undefined;
  /** Exports that belong to the convention and are no operations. */
  readonly reserved: readonly string[];
  /** Whether it is looked at only when no other convention fits: its signs are those of any program. */
  readonly fallback?: boolean;
  /** Whether the engine runs `_initialize`, else `_start`, in each new instance. */
  readonly starts: boolean;
  /**
   * Whether its guests say themselves what they need: a throw-away instance without any host is
   * asked before the grants are decided.
   */
  readonly selfDescribing?: boolean;
  /**
   * Whether its guests keep what the host wrote until they end: an instance that has used half the
   * memory it may have is replaced between two calls.
   */
  readonly recycles?: boolean;
  /** Memories that it makes for each instance, beside the guest's own. */
  readonly memories?: number;
  /** Whether its guests can call functions of the embedder by name. */
  readonly hostFunctions?: boolean;
  /** Its own defaults of limits; what a host, an operator or a manifest sets stays. */
  readonly defaults?: Partial<Limits>;
  /**
   * Of a convention that is not built in: the module that workers run for its guests. It calls
   * `startWasmLane` with the convention. Without it the guests run inline only.
   */
  readonly lane?: URL;
  /**
   * The form of the convention that a module needs, where it has several: of the same name, with
   * other rules of starting and calling. Left out, there is one.
   */
  variant?(shape: ModuleShape): Abi;
  /** What is wrong with a module, in the convention's own words; told beside what it lacks. */
  problems?(shape: ModuleShape): readonly string[];
  /** What a module without a list of capabilities asks for by its imports. */
  implies?(shape: ModuleShape): readonly CapabilityAsk[];
  /**
   * Makes a session for one instance, before that instance exists. It only builds closures: it is
   * also called with a guest that never comes to life, to learn which imports are answered.
   */
  bind(guest: Guest, environment: AbiEnvironment): Session;
}

/**
 * Exports that start or describe a guest under every convention; never operations.
 *
 * @example
 * ```ts
 * import { LIFECYCLE_EXPORTS } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(LIFECYCLE_EXPORTS.includes("_start"), true);
 * ```
 */
export const LIFECYCLE_EXPORTS: readonly string[] = [
  "_start",
  "_initialize",
  "__wasm_call_ctors",
  "__wasm_init_memory",
  "__wasm_apply_data_relocs",
];
