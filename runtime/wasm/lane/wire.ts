/** What a host and its WebAssembly lane say to each other, by structured clone: types only. @module */

import type { HostValue, OperationArgs } from "../../../capabilities/capability.ts";
import type { SurfaceOperation } from "../../../capabilities/host_calls.ts";
import type { RawType, RawValue } from "../../../capabilities/raw_import.ts";
import type { JsonObject, Manifest } from "../../../manifest/manifest.ts";
import type { Payload } from "../../contract.ts";
import type { Limits } from "../../limits.ts";
import type { Determinism } from "../../wasi/deterministic.ts";
import type { Kept, ModuleShape } from "../abi/contract.ts";
import type { WireError } from "./errors.ts";
import type { LinkedModule } from "../link.ts";
import type { AddedExports } from "../rewrite/rewrite.ts";

/** Places in the memory that both threads see. */
export const CONTROL = {
  /** The task that must end now; 0 for none. */
  stop: 0,
  /** Memory of the guest in use, in KiB. */
  memory: 1,
} as const;

/** Bytes of that memory. */
export const CONTROL_BYTES = 8;
/** What one unit of {@linkcode CONTROL.memory} stands for. */
export const MEMORY_UNIT_BYTES = 1024;

/** Everything that the instances of one extension share, as far as it is data. */
export interface LaneSetup {
  readonly manifest: Manifest;
  readonly module: WebAssembly.Module;
  readonly added: AddedExports | undefined;
  readonly linking:
    | { readonly shape: ModuleShape; readonly others: readonly LinkedModule[] }
    | undefined;
  readonly abi: string;
  readonly shape: ModuleShape;
  readonly limits: Limits;
  readonly config: JsonObject;
  /** Program arguments, the program's own name first. */
  readonly args: readonly string[];
  readonly env: { readonly [name: string]: string };
  /** Which outputs the operator takes as bytes. */
  readonly streams: {
    readonly stdout: boolean;
    readonly stderr: boolean;
    readonly stdin: boolean;
  };
  readonly deterministic: Determinism | undefined;
  /** Directories in memory, which stay on the host's thread, by the names guests have for them. */
  readonly trees: readonly { readonly guest: string; readonly write: boolean }[];
  /** Whether randomness and clocks are the operator's and have to be asked for. */
  readonly asksPowers: { readonly random: boolean; readonly clock: boolean };
  /** Functions of the embedder's capabilities that the module imports. */
  readonly raw: readonly RawShape[];
  /** Bytes of memory beyond which an instance is replaced after its call. */
  readonly recycleBytes: number;
  readonly control: SharedArrayBuffer;
}

/** A raw import, as far as it is data. */
export interface RawShape {
  readonly module: string;
  readonly name: string;
  readonly params: readonly RawType[];
  readonly results: readonly RawType[];
}

/** Functions of the embedder that guests call by name; `undefined` where every name has one. */
export type KnownFunctions =
  | readonly { readonly name: string; readonly takesBlocks: boolean }[]
  | undefined;

/** What an instance begins with; what is `undefined` is as the lane knows it. */
export interface LaneStart {
  readonly granted: Granted | undefined;
  /** What earlier instances left. */
  readonly kept: Kept | undefined;
}

/** What exists for the guest. */
export interface Granted {
  readonly surface: readonly SurfaceOperation[];
  /** Capabilities that have directories for WASI programs. */
  readonly trees: readonly string[];
}

/** One call, as far as it is data. */
export interface LaneCall {
  /** Milliseconds it may take. */
  readonly budgetMs: number;
  readonly fuel: number | undefined;
  readonly chain: readonly string[];
  /** Host operations it may ask for. */
  readonly operations: number;
  /** What can be called by name, where that has changed. */
  readonly functions: { readonly known: KnownFunctions } | undefined;
}

/** What the host asks the lane to do; one at a time. */
export type Task =
  | { readonly kind: "describe" }
  | { readonly kind: "start"; readonly start: LaneStart }
  | {
    readonly kind: "invoke";
    readonly start: LaneStart;
    readonly fn: string;
    readonly payload: Payload;
  }
  | { readonly kind: "reset" }
  | { readonly kind: "end" };

/** Host to lane. */
export type ToLane =
  | { readonly kind: "setup"; readonly setup: LaneSetup }
  | { readonly kind: "task"; readonly id: number; readonly task: Task; readonly call: LaneCall }
  /** The flag is set already; a guest that is suspended does not see it. */
  | { readonly kind: "interrupt"; readonly id: number }
  | { readonly kind: "answer"; readonly ask: number; readonly answer: WireAnswer }
  /** So much of what was told has been dealt with. */
  | { readonly kind: "heard"; readonly cost: number };

/** Lane to host. */
export type FromLane =
  | { readonly kind: "done"; readonly id: number; readonly outcome: WireOutcome }
  | ({ readonly kind: "ask"; readonly ask: number; readonly question: Question } & SentBy)
  | ({ readonly kind: "tell"; readonly cost: number; readonly news: News } & SentBy);

/** The task that a message belongs to, and the units of fuel that its call has used. */
interface SentBy {
  readonly id: number;
  readonly fuel: number | undefined;
}

/** What becomes of the instance. */
export type Next = "keep" | "retire" | "discard";

/** How a task ended that came to its end. */
export interface OutcomeWith<Failure> {
  readonly result:
    | { readonly ok: true; readonly value: unknown }
    | { readonly ok: false; readonly error: Failure };
  readonly next: Next;
  /** Units that a call used, where they are counted. */
  readonly fuel: number | undefined;
  /** What is left to later instances, where the task changed it. */
  readonly kept?: Kept | undefined;
}

/** The same, as a message says it. */
export type WireOutcome = OutcomeWith<WireError>;

/** What a guest is suspended for until the host answers. */
export type Question =
  | {
    readonly kind: "operation";
    readonly operation: string;
    readonly args: OperationArgs;
    /** Whether the caller would wait even on the host's own thread. */
    readonly waits: boolean;
    /** The bytes of a buffer `into` that the operation fills, if it does. */
    readonly fills?: number;
  }
  | { readonly kind: "refused"; readonly operation: string }
  | {
    readonly kind: "function";
    /** The name it was found by. */
    readonly key: string;
    readonly names: {
      readonly operation: string;
      readonly namespace: string;
      readonly binding: string;
    };
    readonly input: FunctionInput;
  }
  | { readonly kind: "random"; readonly length: number }
  | { readonly kind: "stdin"; readonly length: number }
  | TreeQuestion
  | { readonly kind: "clock"; readonly clock: "now" | "monotonic" }
  | {
    readonly kind: "raw";
    readonly module: string;
    readonly name: string;
    readonly args: readonly RawValue[];
    readonly memory: Uint8Array;
  };

/** Something about a directory in memory: a method of its tree, or of a file that was opened in it. */
export interface TreeQuestion {
  readonly kind: "tree";
  readonly guest: string;
  /** The number of an open file; `undefined` for the tree itself. */
  readonly file: number | undefined;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What a function of the embedder is handed. */
export type FunctionInput =
  | { readonly form: "bytes"; readonly payload: Uint8Array }
  | {
    readonly form: "blocks";
    readonly args: readonly (bigint | number)[];
    /** The blocks that its arguments name. */
    readonly blocks: readonly (readonly [handle: bigint, bytes: Uint8Array])[];
  };

/** What a function did that was lent blocks. */
export interface BlocksAnswer {
  /** What it gave; a handle may be one of `stored`. */
  readonly answer: bigint | number | Payload | undefined;
  /** New blocks, by handles that stand for the ones they get. */
  readonly stored: readonly (readonly [handle: bigint, content: Payload])[];
  readonly freed: readonly bigint[];
}

/** What an operation answered that filled a buffer, and what it filled it with. */
export interface FilledAnswer {
  readonly value: HostValue;
  readonly into: Uint8Array;
}

/** What a raw import did. */
export interface RawAnswer {
  readonly value: RawValue | undefined;
  readonly writes: readonly (readonly [ptr: number, bytes: Uint8Array])[];
}

/** The host's answer. */
export type WireAnswer =
  & { /** Host operations that the call has left. */ readonly left: number }
  & (
    | { readonly ok: true; readonly value: unknown }
    | { readonly ok: false; readonly error: WireError }
  );

/** What the host hears without answering. */
export type News =
  | { readonly kind: "operation"; readonly operation: string; readonly args: OperationArgs }
  | TreeQuestion
  | { readonly kind: "line"; readonly stream: "stdout" | "stderr"; readonly line: string }
  | { readonly kind: "bytes"; readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array };
