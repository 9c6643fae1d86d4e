/** What an engine and a loaded module must be able to do: types only. @module */

import type { CallBudget, HostCalls } from "../capabilities/host_calls.ts";
import type { OfferedImport } from "../capabilities/raw_import.ts";
import type { EventSink, GuestTime, RandomSource } from "../capabilities/services.ts";
import type { CapabilityAsk, Isolation, JsonObject, Manifest } from "../manifest/manifest.ts";
import type { DescribeRequest, ModuleDescription, SelfDescription } from "./description.ts";
import type { Limits } from "./limits.ts";
import type { Determinism } from "./wasi/deterministic.ts";
import type { MemoryFiles } from "./wasi/memory_files.ts";
import type { Source } from "./source.ts";

export type { HostCalls, Isolation };
export type {
  DescribedImport,
  DescribedSize,
  DescribeRequest,
  ModuleDescription,
  ModuleIssue,
  SelfDescription,
  WasmDetails,
} from "./description.ts";

/** What goes into a call: bytes, or text that stands for its UTF-8 bytes. */
export type Payload = Uint8Array | string;

/** What an engine promises about the code it runs. Each word is proved by a test. */
export interface Traits {
  /** What it takes: `wasm`, `js`, `ts`, `native`. */
  readonly languages: readonly string[];
  /** What keeps a guest's authority confined, in a few words. */
  readonly authority: string;
  /** Whether an endless loop is stopped always, mostly, or only if the guest helps. */
  readonly loop: "hard" | "guarded" | "cooperative";
  /** Whether a guest's memory ends at its limit, mostly does, or takes the host's. */
  readonly memory: "capped" | "best-effort" | "none";
  /** Whether a crash of the engine stays in its tier or takes the host down. */
  readonly crash: "contained" | "host";
  /** What the host process needs for this engine, in words. */
  readonly requires: readonly string[];
}

/** An engine in one isolation. The registry finds it by name or alias. */
export interface Runtime {
  /** Canonical engine name: `native`, `wasm`, `quickjs`, `js`, or an embedder's own. */
  readonly name: string;
  /** Other names that manifests use for it. */
  readonly aliases?: readonly string[];
  /** Where it runs its guests; `inline` when absent. */
  readonly isolation?: Isolation;
  /** What it promises. */
  readonly traits: Traits;
  /** What is missing on this machine, each with its remedy; empty or absent when it works. */
  missing?(): Promise<readonly string[]>;
  /** What it cannot promise on this machine though it runs; empty or absent when nothing. */
  notes?(): Promise<readonly string[]>;
  /** Deno flags that the host process needs to run an extension of these files; absent = none. */
  permissions?(files: readonly string[]): Promise<readonly string[]>;
  /** Capabilities that its lanes can exercise themselves, with Deno's permission; absent = none. */
  readonly direct?: readonly string[];
  /** Tells what a module shows by its files alone; runs nothing of it. */
  describe?(request: DescribeRequest): Promise<ModuleDescription>;
  /** Makes a module of what `request` describes. Nothing is left behind when it throws. */
  load(request: LoadRequest): Promise<Module>;
  /** Ends what the engine itself holds; its modules are closed before. */
  close(): Promise<void>;
}

/** Everything an engine needs to load one extension. */
export interface LoadRequest {
  /** What is loaded. */
  readonly manifest: Manifest;
  /** Reads and digests the extension's files. */
  readonly source: Source;
  /** Resolved: every limit has a value. */
  readonly limits: Limits;
  /** The manifest's configuration under the operator's. */
  readonly config: JsonObject;
  /**
   * Decides the grants. An engine calls it once, when every file is read and before any guest
   * code runs, but for an instance that describes itself with every import stubbed. `implied` is
   * what a module without a `capabilities` list asks for by its imports, `described` what it says.
   */
  admit(implied?: readonly CapabilityAsk[], described?: SelfDescription): Promise<HostCalls>;
  /** Takes what the guest prints, by line. */
  readonly output: GuestOutput;
  /** Start the guest at its first call instead of at its load. */
  readonly lazy?: boolean;
  /** Program arguments of WASI guests. */
  readonly args: readonly string[];
  /** Environment of WASI guests. */
  readonly env: { readonly [name: string]: string };
  /** Directories in memory of WASI guests, by the name they have there. */
  readonly memoryFiles?: ReadonlyMap<string, MemoryFiles>;
  /** Functions of the embedder, for engines whose guests can call them by name. */
  readonly hostFunctions?: HostFunctions;
  /** Makes time and randomness of WASI guests the same in every run. */
  readonly deterministic?: Determinism;
  /** Time of the guest, where it is not the machine's own. */
  readonly clock?: GuestTime | undefined;
  /** Randomness of the guest, where it is not the process's own. */
  readonly random?: RandomSource | undefined;
  /** Functions that capabilities of the embedder offer to WASM modules. */
  readonly rawImports?: readonly OfferedImport[];
  /** Whether the guest's work is counted, so that it can be stopped; absent = where it can be. */
  readonly metering?: boolean | undefined;
  /** The limits where a guest's convention has defaults of its own. */
  readonly refine?: (defaults: Partial<Limits>) => Limits;
  /** What the operator grants past the broker; to be asked once `admit` has answered. */
  direct?(): DirectGrants | undefined;
  /** Stops the load. */
  readonly signal: AbortSignal | undefined;
}

/** What a lane may do itself: nothing of it is written down, counted or taken back. */
export interface DirectGrants {
  /** Flags of Deno for the lane. */
  readonly permissions: readonly string[];
  /** Arguments of what was granted, by capability. */
  readonly grants: { readonly [capability: string]: JsonObject };
}

/** What an embedder answers guests by name. It is live: what is registered later counts too. */
export interface HostFunctions {
  /** Whether any of it waits: then a guest has to be ready to. */
  readonly waits: boolean;
  /** Another number after each change of what answers. */
  readonly version: number;
  /** What answers `operation` now; `undefined` when nothing does. */
  find(operation: string): HostFunction<HostFunctionOrigin> | undefined;
  /** Everything that `find` finds; `undefined` where it finds something for every name. */
  list(): readonly HostFunction<HostFunctionOrigin>[] | undefined;
}

/** One function of the embedder. */
export interface HostFunction<Context = HostFunctionContext> {
  /** The operation it answers. */
  readonly name: string;
  /** Whether it answers with a promise. */
  readonly waits: boolean;
  /**
   * Answers one call of a guest; nothing means an empty answer. An exception is told to the guest by
   * its message only, except a `Fault`, which ends the guest.
   */
  run(payload: Uint8Array, context: Context): HostFunctionAnswer;
  /**
   * For Extism plugins, instead of `run`: the very numbers and handles that the plugin passes, and
   * its blocks for as long as the function works. It gives a number, a handle, or what goes into a
   * new block.
   */
  readonly extism?: (
    blocks: ExtismBlocksOfCall<Context>,
    args: readonly (bigint | number)[],
  ) => ExtismAnswer | Promise<ExtismAnswer>;
}

/** What a host function gives an Extism plugin: bytes and text become a new block, nothing is handle 0. */
export type ExtismAnswer = bigint | number | Payload | void;

/** The blocks that an Extism plugin and its host pass to each other by handle. */
export interface ExtismBlocks {
  /** A copy of a block's bytes. */
  read(handle: bigint): Uint8Array;
  /** A block's text. */
  text(handle: bigint): string;
  /** A new block; its handle. */
  store(content: Payload): bigint;
  /** Gives a block back; what is none is left alone. */
  free(handle: bigint): void;
}

/** The blocks of the plugin that calls, and who calls. */
export interface ExtismBlocksOfCall<Context = HostFunctionContext> extends ExtismBlocks {
  /** Who calls, and what the caller of the plugin handed over as `hostContext`. */
  readonly context: Context;
}

/** What a function of the embedder answers a guest with. */
export type HostFunctionAnswer = Payload | void | Promise<Payload | void>;

/** Who calls a function of the embedder, and by which name. */
export interface HostFunctionOrigin {
  /** What the guest called; its own words where a `callHandler` takes everything. */
  readonly operation: string;
  /** The namespace that a waPC guest named; empty for other conventions. The guest's words. */
  readonly namespace: string;
  /** The binding that a waPC guest named; empty for other conventions. The guest's words. */
  readonly binding: string;
  /** Name of the extension that calls. */
  readonly extension: string;
  /** Names of the extensions this call came through, the outermost first. */
  readonly chain: readonly string[];
  /** Fires when the call is over before the function has answered; the answer is dropped then. */
  readonly signal: AbortSignal | undefined;
  /** When the guest's call ends, on the clock of `performance.now()`; `Infinity` = never. */
  readonly deadline: number;
  /** What the caller handed to this call for host functions, as `hostContext`. */
  readonly hostContext?: unknown;
}

/** The same, with what a function may do in the name of that call. */
export interface HostFunctionContext extends HostFunctionOrigin {
  /**
   * Calls function `fn` of another extension of the same host, within the chain and the time of the
   * guest's call; it acts with grants of its own. The result's bytes are fresh.
   *
   * @throws {ExtensionError} `cycle` when it is in the chain already, `too-deep`, and what the call does.
   * @throws {OperationError} `missing-extension` or `disabled-extension`.
   */
  call(name: string, fn: string, payload?: Payload): Promise<Uint8Array>;
}

/** Where a guest's standard output and error go, one complete line at a time, without its end. */
export interface GuestOutput {
  /** Takes one line of standard output. */
  stdout(line: string): void;
  /** Takes one line of standard error. */
  stderr(line: string): void;
  /** Takes bytes of WASI programs, instead of lines. */
  readonly streams?: GuestStreams;
}

/** Where bytes of a WASI program go as they are written: what it prints there is no result then. */
export interface GuestStreams {
  /** Takes standard output. */
  readonly stdout?: (bytes: Uint8Array) => void;
  /** Takes standard error. */
  readonly stderr?: (bytes: Uint8Array) => void;
  /**
   * Gives standard input, after the payload: fills the beginning of `into` and tells how many bytes,
   * 0 at the end. The guest stands still while it waits, and so does its thread.
   */
  readonly stdin?: (into: Uint8Array) => number;
}

/** One call on its way through. */
export interface Call {
  /** When it must be over, on the clock of `performance.now()`; `Infinity` = never. */
  readonly deadline: number;
  /** The caller's signal; it may never fire while an inline guest runs. */
  readonly signal: AbortSignal | undefined;
  /** Names of the extensions this call came through, the outermost first. */
  readonly chain: readonly string[];
  /** Fires, with a `closed` fault, when the extension closes. */
  readonly closed?: AbortSignal;
  /** How many host operations the guest may still ask for in this call. */
  readonly budget: CallBudget;
  /** Units of fuel it may use, where the engine counts them; absent = unlimited. */
  readonly fuel?: number;
  /** Takes the events that the call emits, beside the host's sink. */
  readonly onEvent?: EventSink | undefined;
  /** What the caller handed over for host functions; the guest never sees it. */
  readonly hostContext?: unknown;
  /** Asked now and then while the guest runs, for what no signal can tell it: why it must end now. */
  readonly stopReason?: () => unknown;
}

/** One loaded extension, as its engine sees it. Failures are {@linkcode Fault}s. */
export interface Module {
  /** The manifest's name. */
  readonly name: string;
  /** The manifest's word for the engine. */
  readonly runtime: string;
  /** Declared functions; others may be invoked too. */
  readonly exports: readonly string[];
  /** The guest convention, where there is one. */
  readonly abi?: string;
  /** Bytes of guest memory in use now, where that can be told. */
  readonly memorySize?: number;
  /** How many times a discarded instance was replaced. */
  readonly restarts?: number;
  /** Units of fuel used by all calls so far, and by the one that ended last. */
  readonly fuel?: { readonly total: number; readonly last: number };
  /** Whether its guest can call functions of the embedder by name. */
  readonly callsHostFunctions?: boolean;
  /** The limits it runs under, where they are not those of the request. */
  readonly limits?: Limits;
  /** Runs `fn`; the result is fresh and belongs to the caller. */
  invoke(fn: string, payload: Payload, call: Call): Uint8Array | Promise<Uint8Array>;
  /**
   * Runs `fn` for each entry of `payloads`, a JSON list, as one call; the result is the JSON list of
   * theirs. For engines whose guests take JSON, and to whom crossing costs more than a small call.
   */
  invokeEach?(fn: string, payloads: string, call: Call): Uint8Array | Promise<Uint8Array>;
  /**
   * The same as `invoke` for who wants text: what is text and close at hand comes as text, so that
   * no bytes are made of it; the rest comes as bytes.
   */
  invokeText?(fn: string, payload: Payload, call: Call): Payload | Promise<Payload>;
  /** The same as `invoke` without ever waiting, where the engine can. */
  invokeSync?(fn: string, payload: Payload, call: Call): Uint8Array;
  /** Whether `invoke` would find that function, where that can be told without calling it. */
  has?(fn: string): boolean;
  /** Lets go of what the last call left with the host; `false` while a call runs. */
  reset?(): boolean;
  /** Ends the module; idempotent. */
  close(): void | Promise<void>;
}
