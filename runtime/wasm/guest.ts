/**
 * One guest while it lives: its exports and memory, the call in progress, and what ended it. Every
 * host function goes through here, so that nothing but a trap ever leaves one.
 *
 * @module
 */

import { NeedsAsyncError } from "../../capabilities/errors.ts";
import { requireStack } from "../../capabilities/stack_room.ts";
import type { Call } from "../contract.ts";
import { withDeadline } from "../deadline.ts";
import { Fault, isPublicError } from "../errors.ts";
import { GuestMemory } from "../memory.ts";
import type { Guest, GuestFunction, HostFunction, WasmValue } from "./abi/contract.ts";
import { isSuspendError, promising, suspending } from "./jspi.ts";
import { Meter, type Metered } from "./meter.ts";
import type { Program } from "./program.ts";
import type { AddedExports } from "./rewrite/rewrite.ts";
import { importSwitch, switchedImport } from "./switched_import.ts";
import { guestEndingTrap } from "./trap.ts";

/** Why a guest ended by its own `proc_exit`. */
class GuestExit {
  readonly status: number;

  constructor(status: number) {
    this.status = status;
  }
}

/** Host work between two looks at the clock, in ticks: a look costs as much as a host function. */
const TICKS_PER_LOOK = 16;

const NO_EXPORTS: WebAssembly.Exports = Object.create(null);

/** What is different for a guest whose host is on another thread. */
export interface FarHost {
  /** `found`, so that it can wait for the host wherever it asks it something. */
  adapt(found: HostFunction): HostFunction;
  /** Runs before code of the guest that cannot be suspended. */
  enterPlain(): void;
}

/** A {@linkcode Guest}, as the engine holds it. */
export class LiveGuest implements Guest, Metered {
  readonly memory: GuestMemory = new GuestMemory();
  readonly program: Program;
  /** Whether an import may suspend this guest; settled as a call begins, and while imports are bound. */
  suspends = false;
  #call: Call;
  /** Whether an import always suspends it, and what tells whether others may. */
  #alwaysWaits = false;
  readonly #mayWait: (() => boolean)[] = [];
  /** Set before the imports are bound, where the host is not on this thread. */
  far: FarHost | undefined;
  #switch: WebAssembly.Global | undefined;
  #attached = false;
  #exports: WebAssembly.Exports = NO_EXPORTS;
  /** Set once, by the first thing that ends the guest; the trap that carries it is always the same. */
  #ending: { readonly reason: unknown } | undefined;
  /** At hand before it is needed: there may be no stack left to make it then. */
  readonly #trap = guestEndingTrap();
  #ticks = TICKS_PER_LOOK;
  /** Ends the wait of a suspended guest. */
  #suspension: AbortController | undefined;
  /** Counts what it does, in all its modules; `undefined` where none of them can count. */
  #meter: Meter | undefined;
  /** Handed out with each call, so that a record of what it asks for tells what it used by then. */
  readonly #fuelNow = () => this.#meter?.usedSoFar ?? 0;
  /** Former start sections of its modules, in the order in which they were made. */
  readonly #starts: GuestFunction[] = [];
  /** How the names of exports begin that are the host's own. */
  #hidden: string | undefined;

  /** A guest that starts under `call`. */
  constructor(program: Program, call: Call) {
    this.program = program;
    this.#call = call;
  }

  /** The call in progress; set anew by whoever took the instance, one call at a time. */
  get call(): Call {
    return this.#call;
  }

  set call(call: Call) {
    this.#call = call;
    if (this.#mayWait.length > 0) this.#settleSuspends();
    if (this.#meter === undefined) return;
    call.budget.fuelNow = this.#fuelNow;
    this.#meter.begin(call.fuel ?? Infinity);
  }

  /** Units of fuel that the call in progress used; nothing of the guest may run in it any more. */
  takeFuel(): number {
    if (this.#meter === undefined) return 0;
    const used = this.#meter.used;
    this.#call.budget.fuelNow = undefined;
    return this.#call.budget.fuel = used;
  }

  /** Takes what was added to a module of this guest; nothing of the instance may have run yet. */
  adopt(exports: WebAssembly.Exports, added: AddedExports | undefined): void {
    this.#hidden = added?.prefix;
    if (added?.start !== undefined) this.#starts.push(exports[added.start] as GuestFunction);
    if (added?.meter === undefined) return;
    this.#meter ??= new Meter(this);
    this.#call.budget.fuelNow = this.#fuelNow;
    this.#meter.add(exports, added.meter);
    this.#meter.begin(this.#call.fuel ?? Infinity);
  }

  /** What is to be called before anything else of it. */
  get starts(): readonly GuestFunction[] {
    return this.suspends ? this.#starts.map((start) => promising(start)) : this.#starts;
  }

  get deadline(): number {
    return this.#call.deadline;
  }

  get stopReason(): unknown {
    const { signal, closed, stopReason } = this.#call;
    if (stopReason !== undefined) return stopReason();
    return signal?.aborted ? signal.reason : closed?.aborted ? closed.reason : undefined;
  }

  #settleSuspends(): void {
    this.suspends = this.#alwaysWaits || this.#mayWait.some((mayWait) => mayWait());
    if (this.#switch !== undefined && this.#attached) {
      this.#switch.value = this.suspends ? 1 : 0;
    }
  }

  /** Brings the guest to life. */
  attach(exports: WebAssembly.Exports): void {
    this.#exports = exports;
    const memory = exports["memory"];
    if (memory instanceof WebAssembly.Memory) this.memory.attach(memory);
    // Not before: a start section runs where nothing can be suspended.
    this.#attached = true;
    this.#settleSuspends();
  }

  /** Whether something ended the guest: it must not be used again. */
  get ended(): boolean {
    return this.#ending !== undefined;
  }

  fn(name: string): GuestFunction | undefined {
    const fn = this.#exported(name);
    return fn === undefined || this.#switch === undefined ? fn : this.#plainly(fn, this.#switch);
  }

  #exported(name: string): GuestFunction | undefined {
    if (this.#hidden !== undefined && name.startsWith(this.#hidden)) return undefined;
    // The exports object has no prototype, so no name finds anything but an export.
    const value = this.#exports[name];
    return typeof value === "function" ? value as GuestFunction : undefined;
  }

  /** `fn` with imports that do not suspend: it may be called from inside one that waits. */
  #plainly(fn: GuestFunction, position: WebAssembly.Global): GuestFunction {
    const plain: GuestFunction = (...args) => {
      this.far?.enterPlain();
      const { suspends } = this;
      this.suspends = false;
      position.value = 0;
      try {
        return fn(...args);
      } finally {
        this.suspends = suspends;
        position.value = suspends ? 1 : 0;
      }
    };
    // It still says how many parameters the guest's own function has.
    return Object.defineProperty(plain, "length", { value: fn.length });
  }

  entry(name: string): GuestFunction | undefined {
    if (!this.suspends) return this.fn(name);
    const fn = this.#exported(name);
    return fn === undefined ? undefined : promising(fn);
  }

  tick(cost: number): void {
    this.#ticks -= cost;
    if (this.#ticks > 0) return;
    this.#ticks = TICKS_PER_LOOK;
    if (performance.now() > this.#call.deadline) throw new Fault("timeout");
    const reason = this.#call.stopReason?.();
    if (reason !== undefined) throw reason;
  }

  exit(status: number): never {
    this.end(new GuestExit(status));
  }

  /** Ends the guest for `reason`: throws a trap, which no guest can catch. */
  end(reason: unknown): never {
    this.#ending ??= { reason };
    throw this.#trap;
  }

  /** Stops the wait of a suspended guest; it traps at once. */
  interrupt(reason: unknown): void {
    this.#suspension?.abort(reason);
  }

  /** `host` as an import of this guest, wherever the host is. */
  bind(host: HostFunction): WebAssembly.ImportValue {
    return this.import(this.far?.adapt(host) ?? host);
  }

  /** `host` as an import of this guest. */
  import({ type, run, wait, mayWait, unfinished }: HostFunction): WebAssembly.ImportValue {
    if (wait === undefined) return this.#plain(run);
    const ask = wait as (signal: AbortSignal, ...args: WasmValue[]) => Promise<unknown>;
    if (run === undefined || mayWait === undefined) {
      this.#alwaysWaits = true;
      this.#settleSuspends();
      return suspending((...args) => this.#wait((signal) => ask(signal, ...args)));
    }
    this.#mayWait.push(mayWait);
    this.#switch ??= importSwitch();
    this.#settleSuspends();
    const now = this.#plain(run);
    const later = (...args: WasmValue[]) => {
      const given = now(...args);
      const waits = unfinished === undefined ? given === undefined : unfinished();
      return waits ? this.#wait((signal) => ask(signal, ...args)) : given;
    };
    return switchedImport(type, now, suspending(later), this.#switch);
  }

  #plain(run: HostFunction["run"]): GuestFunction {
    const answer = run as (...args: WasmValue[]) => unknown;
    return (...args) => {
      try {
        // A host function runs to its end or not at all, however little stack the guest left it.
        requireStack();
        this.tick(1);
        const given = answer(...args);
        // It may have taken long: what is left of the guest's slice was cut for less.
        this.#meter?.resume();
        return given;
      } catch (reason) {
        // No function is called here: the stack may be used up, and the guest must end all the same.
        this.#ending ??= { reason };
        throw this.#trap;
      }
    };
  }

  async #wait(ask: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
    const { deadline, signal } = this.call;
    const suspension = new AbortController();
    const abort = () => suspension.abort(signal?.reason);
    this.#suspension = suspension;
    try {
      const reason = signal?.aborted ? signal.reason : this.#call.stopReason?.();
      if (reason !== undefined) throw reason;
      signal?.addEventListener("abort", abort, { once: true });
      this.tick(1);
      const limit = { deadline, signal: suspension.signal };
      return await withDeadline(ask(suspension.signal), limit, (reason) => {
        suspension.abort(reason);
      });
    } catch (reason) {
      this.end(reason);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#suspension = undefined;
      this.#meter?.resume();
    }
  }

  runToExit(entry: GuestFunction): number | Promise<number> {
    try {
      const done = entry();
      if (!this.suspends) return 0;
      return Promise.resolve(done).then(() => 0, (error) => this.#statusOf(error));
    } catch (error) {
      return this.#statusOf(error);
    }
  }

  #statusOf(error: unknown): number {
    const reason = this.#ending?.reason;
    if (!(reason instanceof GuestExit)) throw error;
    this.#ending = undefined;
    return reason.status;
  }

  /** What really happened when `error` came out of the guest. */
  explain(error: unknown): unknown {
    const reason = this.#ending === undefined ? error : this.#ending.reason;
    if (reason instanceof Fault || reason instanceof NeedsAsyncError || isPublicError(reason)) {
      return reason;
    }
    if (this.call.signal?.aborted && reason === this.call.signal.reason) return reason;
    if (reason instanceof GuestExit) {
      return exitFault(reason.status);
    }
    return faultOf(reason);
  }
}

/** The fault of a guest that ended itself where it should not. */
export function exitFault(status: number): Fault {
  return new Fault("guest-error", `it exited with status ${status}`, { exitStatus: status });
}

/** Failures of WebAssembly and of host functions, told apart by class, never by text. */
function faultOf(cause: unknown): Fault {
  if (cause instanceof WebAssembly.RuntimeError) {
    return new Fault("trap", `it trapped: ${cause.message}`, { cause });
  }
  if (isSuspendError(cause)) {
    return new Fault("needs-async", "it waits for the host where it cannot be suspended", {
      cause,
    });
  }
  // V8 reports a stack used up by a guest as it does for JavaScript.
  if (cause instanceof RangeError) {
    return new Fault("trap", "it trapped: its stack is used up", { cause });
  }
  if (isGuestException(cause)) {
    return new Fault("trap", "it trapped: nothing caught its exception", { cause });
  }
  // A value of another type than the signature says: possible where the signature is unknown.
  if (cause instanceof TypeError || cause instanceof SyntaxError) {
    return new Fault("bad-guest-data", "a value it handed over has the wrong type", { cause });
  }
  return new Fault("trap", "a host function failed", { cause });
}

function isGuestException(value: unknown): boolean {
  const { Exception } = WebAssembly as unknown as { readonly Exception: new () => object };
  return value instanceof Exception;
}
