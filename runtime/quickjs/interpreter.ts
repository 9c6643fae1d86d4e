/** One QuickJS engine in a WebAssembly instance of its own: memory, stack and time are capped here. @module */

import variant from "@jitl/quickjs-singlefile-mjs-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
} from "quickjs-emscripten-core";
import type { Limits } from "../limits.ts";
import { Meter, type Metered } from "../wasm/meter.ts";
import type { MeterExports } from "../wasm/rewrite/rewrite.ts";
import { guestEndingTrap } from "../wasm/trap.ts";
import { type Engine, quickjsEngine } from "./engine.ts";

/** How one stay inside the engine ended; after anything but `ended` the interpreter is dead. */
export type StayEnd = "ended" | "timeout" | "memory-limit" | "trap";

const PAGE = 65_536;

/** Pages the engine starts with: its code's data, its own stack, and the beginning of the heap. */
const INITIAL_PAGES = 256;

/** Bytes of heap that those pages surely have; what a guest may have beyond them is grown. */
const INITIAL_HEAP = 11_000_000;

/** Most that the engine's build can address. */
const MAX_PAGES = 32_768;

/**
 * Largest stack, in bytes of the engine's own: with more, V8's stack would overflow before the
 * engine notices, which costs the whole instance instead of an exception.
 */
const MAX_STACK_BYTES = 256 * 1024;

/** Jobs run between two looks at the clock: a flood of microtasks never asks the handler. */
const JOBS_AT_A_TIME = 64;

/** Attempts of the engine's allocator to grow, each smaller, before it gives up. */
const GROW_ATTEMPTS = 3;

/** Units of text that is surely short beside what a stay begins with. */
const SHORT_TEXT = 1_024;

/** What the allocator must still have for a stay to begin at all. */
const HEADROOM_BYTES = 16 * 1024;

/** The part of the engine's module that the package's types keep to themselves. */
interface EngineModule {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  lengthBytesUTF8(text: string): number;
}

/** The guest has used up its memory; thrown and caught within this room. */
class OutOfMemory extends Error {}

/** Deadline of nothing: nobody is inside. */
const NOBODY = Number.NEGATIVE_INFINITY;

/** An engine. Everything inside it belongs to one extension, and dies with it. */
export class Interpreter {
  readonly context: QuickJSContext;
  readonly #runtime: QuickJSRuntime;
  readonly #module: EngineModule;
  readonly #memory: CappedMemory;
  readonly #reserved: number;
  readonly #watch: Watch;
  #deadline = NOBODY;
  #interrupted = false;
  /** What went wrong on our side of a call from the guest; the interpreter does not survive it. */
  #failure: { readonly error: unknown } | undefined;
  #dead = false;

  private constructor(
    context: QuickJSContext,
    module: EngineModule,
    memory: CappedMemory,
    watch: Watch,
    reserved: number,
  ) {
    this.context = context;
    this.#runtime = context.runtime;
    this.#module = module;
    this.#memory = memory;
    this.#reserved = reserved;
    this.#watch = watch;
    this.#runtime.setInterruptHandler(() => this.#isOver());
  }

  /** Makes an engine that never holds more than `memoryBytes`. Runs no guest code. */
  static async create(
    { memoryBytes, stackBytes }: Pick<Limits, "memoryBytes" | "stackBytes">,
  ): Promise<Interpreter> {
    const memory = cappedMemory(memoryBytes);
    const engine = await quickjsEngine();
    const watch = new Watch();
    const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(variant, {
      wasmMemory: memory.memory,
      log: () => {},
      // The engine would write to the host's standard error.
      emscriptenModule: { ...SILENT, ...made(engine, watch) },
    }));
    const { module } = quickjs as unknown as { readonly module: EngineModule };
    const heapStart = module._malloc(1);
    // What the heap could hold beyond the limit is taken away from the guest beforehand.
    const surplus = memory.maximumBytes - heapStart - memoryBytes;
    if (surplus > 0) module._malloc(surplus);
    const runtime = quickjs.newRuntime();
    runtime.setMaxStackSize(Math.min(stackBytes, MAX_STACK_BYTES));
    const context = runtime.newContext();
    return new Interpreter(context, module, memory, watch, heapStart + Math.max(0, surplus));
  }

  /** Bytes of heap that the guest has taken so far; they never become fewer. */
  get memorySize(): number {
    return Math.max(0, this.#memory.memory.buffer.byteLength - this.#reserved);
  }

  /** Whether the guest met its memory limit since the stay began, even if it caught the error. */
  get ranOutOfMemory(): boolean {
    return this.#memory.exhausted;
  }

  /** Whether somebody is inside: a host function called it. */
  get busy(): boolean {
    return this.#deadline !== NOBODY;
  }

  /** Whether the guest may still begin something: it does not once its time is over. */
  get inTime(): boolean {
    return !this.#isOver();
  }

  /** Ends the stay at the next step of guest code, as a host function that was called failed. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /**
   * Runs `stay`, which may enter guest code, until `deadline` on the clock of `performance.now()`.
   * It always returns, whatever the guest does.
   */
  run(stay: () => void, deadline: number): StayEnd {
    if (this.#dead || this.busy) return "trap";
    this.#deadline = deadline;
    this.#interrupted = false;
    this.#failure = undefined;
    this.#memory.reset();
    this.#watch.begin(deadline);
    // Stands until the stay has really ended.
    this.#dead = true;
    try {
      this.#hold(HEADROOM_BYTES);
      stay();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#deadline = NOBODY;
    }
    if (this.#interrupted || this.#watch.fired) return "timeout";
    const failure = this.#ownFailure();
    if (failure) {
      return failure.error instanceof OutOfMemory || this.#memory.exhausted
        ? "memory-limit"
        : "trap";
    }
    this.#dead = false;
    return "ended";
  }

  /** Runs the jobs that are due. Only inside a stay. */
  runJobs(): void {
    while (!this.#isOver() && this.#runtime.hasPendingJob()) {
      const { error } = this.#runtime.executePendingJobs(JOBS_AT_A_TIME);
      error?.dispose();
    }
  }

  /** Text as a value of the guest. Only inside a stay. */
  text(text: string): QuickJSHandle {
    this.#hold(this.#module.lengthBytesUTF8(text) + 1);
    const handle = this.context.newString(text);
    // To ask for a type costs more than the text: memory that is there need not be doubted.
    const doubtful = this.#memory.exhausted || text.length > SHORT_TEXT;
    if (doubtful && this.context.typeof(handle) !== "string") throw new OutOfMemory();
    return handle;
  }

  /** Text of a guest's string that has at most `limit` units; `undefined` when it is longer or no string. */
  read(handle: QuickJSHandle, limit: number): string | undefined {
    const { context } = this;
    if (context.typeof(handle) !== "string") return undefined;
    const length = context.getLength(handle) ?? 0;
    if (length > limit) return undefined;
    const text = context.getString(handle);
    // The engine had no room for the copy.
    if (text === "" && length > 0) throw new OutOfMemory();
    return text;
  }

  /** Evaluates code under the name `path`: what it gave or threw. Only inside a stay. */
  evaluate(
    code: string,
    path: string,
    type: "global" | "module",
  ): { readonly value: QuickJSHandle } | { readonly thrown: QuickJSHandle } {
    this.#hold(this.#module.lengthBytesUTF8(code) + 1);
    const result = this.context.evalCode(code, path, { type });
    return result.error ? { thrown: result.error } : { value: result.value };
  }

  #ownFailure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  #isOver(): boolean {
    if (!this.#interrupted && performance.now() >= this.#deadline) this.#interrupted = true;
    return this.#interrupted || this.#failure !== undefined;
  }

  /** The package's own allocations do not look whether they succeeded. */
  #hold(bytes: number): void {
    const pointer = this.#module._malloc(bytes);
    if (pointer === 0) throw new OutOfMemory();
    this.#module._free(pointer);
  }
}

/** Counts what the engine does, and ends it with a trap when its time is over. */
class Watch implements Metered {
  readonly stopReason = undefined;
  deadline = Infinity;
  /** Whether it ended the stay. */
  fired = false;
  readonly #meter: Meter = new Meter(this);

  /** Takes the counter of an instance. */
  add(instance: WebAssembly.Instance, names: MeterExports): void {
    this.#meter.add(instance.exports, names);
    this.#meter.begin(Infinity);
  }

  /** A stay begins, and ends at `deadline`. */
  begin(deadline: number): void {
    this.deadline = deadline;
    this.fired = false;
    this.#meter.begin(Infinity);
  }

  end(): never {
    this.fired = true;
    throw guestEndingTrap();
  }
}

/** What the engine's loader calls instead of compiling its own module. */
function made({ module, meter, start }: Engine, watch: Watch): Record<string, unknown> {
  return {
    instantiateWasm(imports: WebAssembly.Imports, take: (made: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      watch.add(instance, meter);
      if (start !== undefined) (instance.exports[start] as () => void)();
      take(instance);
    },
  };
}

const SILENT = { print: () => {}, printErr: () => {} } as Record<string, unknown>;

/** Memory that tells when the engine asked for more than there may be. */
interface CappedMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  readonly exhausted: boolean;
  reset(): void;
}

/** The engine's own limit does not count what it allocates; the instance's memory cannot lie. */
function cappedMemory(memoryBytes: number): CappedMemory {
  const extra = Math.ceil(Math.max(0, memoryBytes - INITIAL_HEAP) / PAGE);
  const maximum = Math.min(MAX_PAGES, INITIAL_PAGES + extra);
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum });
  let refusals = 0;
  let exhausted = false;
  memory.grow = (pages) => {
    try {
      const before = WebAssembly.Memory.prototype.grow.call(memory, pages);
      refusals = 0;
      return before;
    } catch (error) {
      refusals++;
      if (refusals >= GROW_ATTEMPTS) {
        refusals = 0;
        exhausted = true;
      }
      throw error;
    }
  };
  return {
    memory,
    maximumBytes: maximum * PAGE,
    get exhausted() {
      return exhausted;
    },
    reset() {
      refusals = 0;
      exhausted = false;
    },
  };
}
