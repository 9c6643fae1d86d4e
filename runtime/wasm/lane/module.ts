/** One loaded WASM extension whose guests run in lanes: which lane a call gets, and what becomes of it. @module */

import { inBackground } from "../../../capabilities/powers/background.ts";
import type { Call, Module, Payload } from "../../contract.ts";
import { withDeadline } from "../../deadline.ts";
import { Fault } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { Kept } from "../abi/contract.ts";
import { InstancePool } from "../instances.ts";
import { type LaneOptions, type Outcome, WasmLane } from "./lane.ts";
import type { Granted, LaneStart, Next, Task } from "./wire.ts";

/** What a module is made of. */
export interface LaneModuleParts {
  readonly name: string;
  readonly runtime: string;
  readonly abi: string;
  readonly instances: "one" | "pool" | "fresh";
  readonly exports: readonly string[];
  readonly limits: Limits;
  readonly callsHostFunctions: boolean;
  readonly operations: readonly string[];
  readonly lane: LaneOptions;
  /** A call to start or end an instance under. */
  startCall(signal?: AbortSignal): Call;
}

/** How long a stopped lane may take to stand still before it counts as stuck. */
const STUCK_MS = 500;
/** How long `close` waits for lanes to stand still. */
const CLOSE_MS = 1_000;

/** A loaded WASM extension, off the host's thread. */
export class LaneModule implements Module {
  readonly name: string;
  readonly runtime: string;
  readonly abi: string;
  readonly exports: readonly string[];
  readonly callsHostFunctions: boolean;
  readonly #parts: LaneModuleParts;
  readonly #operations: ReadonlySet<string>;
  /** Lanes with an instance that can be called. */
  readonly #pool: InstancePool<WasmLane>;
  /** Every lane whose thread may still run. */
  readonly #lanes = new Set<WasmLane>();
  /** Lanes that lost their instance: the next one starts in them. */
  readonly #spare: WasmLane[] = [];
  #stopSparing: (() => void) | undefined;
  /** Lanes whose instance has ended already. */
  readonly #emptied = new WeakSet<WasmLane>();
  /** What instances leave to later ones, and the lanes that know it. */
  #kept: Kept = { init: undefined };
  #knowing = new WeakSet<WasmLane>();
  /** What each lane was told is granted. */
  readonly #surfaces = new WeakMap<WasmLane, Granted["surface"]>();
  #fuel = 0;
  #lastFuel = 0;
  /** What stops the load, while it is under way. */
  #loading: AbortSignal | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Has no instance yet; `first`, if any, is the lane that the next one starts in, and `kept` what was
   * left in it.
   */
  constructor(parts: LaneModuleParts, first?: WasmLane, kept?: Kept) {
    this.name = parts.name;
    this.runtime = parts.runtime;
    this.abi = parts.abi;
    this.exports = parts.exports;
    this.callsHostFunctions = parts.callsHostFunctions;
    this.#parts = parts;
    this.#operations = new Set(parts.operations);
    if (first !== undefined) {
      this.#lanes.add(first);
      this.#spare.push(first);
      this.#keep(first, kept);
    }
    const { instances, limits } = parts;
    this.#pool = new InstancePool<WasmLane>({
      create: () => this.#create(),
      destroy: (lane) => this.#emptied.delete(lane) ? this.#keepSpare(lane) : this.#end(lane),
      interrupt: (lane, reason) => lane.stop(reason),
      // A lane makes a fresh instance for each call by itself.
      kind: instances === "one" ? "one" : "pool",
      size: instances === "one" ? 1 : limits.instances,
      queueMs: limits.queueMs,
      idleMs: limits.idleMs,
      idleKept: 0,
    });
  }

  get limits(): Limits {
    return this.#parts.limits;
  }

  get memorySize(): number {
    let bytes = 0;
    for (const lane of this.#pool.all) bytes += lane.memorySize;
    return bytes;
  }

  get restarts(): number {
    return this.#pool.restarts;
  }

  get fuel(): { readonly total: number; readonly last: number } {
    return { total: this.#fuel, last: this.#lastFuel };
  }

  /** Starts the first instance. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    this.#loading = signal;
    try {
      this.#pool.keep(await this.#pool.take());
    } finally {
      this.#loading = undefined;
    }
  }

  async invoke(fn: string, payload: Payload, call: Call): Promise<Uint8Array> {
    const idle = this.#pool.takeIdle();
    if (idle !== undefined) return await this.#run(idle, fn, payload, call);
    const asked = performance.now();
    // The caller may go on to use its buffer while the call waits for its turn.
    const held = typeof payload === "string" ? payload : payload.slice();
    const lane = await this.#pool.take(call.signal);
    const waited = performance.now() - asked;
    return await this.#run(lane, fn, held, { ...call, deadline: call.deadline + waited });
  }

  has(fn: string): boolean {
    return this.#operations.has(fn);
  }

  reset(): boolean {
    const lane = this.#pool.takeIdle();
    if (lane === undefined) return false;
    this.#reset(lane);
    return true;
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #reset(lane: WasmLane): Promise<void> {
    try {
      const { next } = await lane.run({ kind: "reset" }, this.#parts.startCall());
      this.#handBack(lane, next);
    } catch {
      this.#discard(lane);
    }
  }

  async #run(
    lane: WasmLane,
    fn: string,
    payload: Payload,
    call: Call,
  ): Promise<Uint8Array> {
    const { instances, limits: { loadMs } } = this.#parts;
    const task: Task = { kind: "invoke", fn, payload: whole(payload), start: this.#startOf(lane) };
    let outcome: Outcome;
    try {
      outcome = await lane.run(task, call, instances === "fresh" ? loadMs : 0);
    } catch (error) {
      this.#discard(lane);
      throw error;
    }
    const { result, next, fuel, kept } = outcome;
    this.#lastFuel = fuel ?? 0;
    this.#fuel += this.#lastFuel;
    this.#keep(lane, kept);
    this.#handBack(lane, next);
    if (!result.ok) throw result.error;
    return result.value as Uint8Array;
  }

  #startOf(lane: WasmLane): LaneStart {
    const kept = this.#knowing.has(lane) ? undefined : this.#kept;
    this.#knowing.add(lane);
    const { calls } = this.#parts.lane.host;
    const { surface } = calls;
    if (this.#surfaces.get(lane) === surface) return { granted: undefined, kept };
    this.#surfaces.set(lane, surface);
    const trees = ["preopens", "fs"].filter((name) => calls.has?.(`${name}.wasi_trees`));
    return { granted: { surface, trees }, kept };
  }

  /** Takes what a task of `lane` left. */
  #keep(lane: WasmLane, kept: Kept | undefined): void {
    if (kept === undefined) return;
    this.#kept = kept;
    this.#knowing = new WeakSet([lane]);
  }

  #handBack(lane: WasmLane, next: Next): void {
    if (next === "keep") this.#pool.release(lane);
    else if (next === "retire") void this.#retire(lane);
    else this.#discard(lane);
  }

  /** Ends its instance before another one can begin, as whoever wrote it expects. */
  async #retire(lane: WasmLane): Promise<void> {
    await lane.run({ kind: "end" }, this.#parts.startCall()).catch(() => {});
    this.#emptied.add(lane);
    this.#pool.retire(lane);
  }

  /** Its instance is lost; the lane itself is used again, once it stands still. */
  #discard(lane: WasmLane): void {
    const free = () => {
      this.#keepSpare(lane);
      this.#pool.discard(lane);
    };
    if (!lane.isBusy) return free();
    const limit = { deadline: performance.now() + STUCK_MS, signal: undefined };
    withDeadline(lane.idle(), limit).then(free, () => {
      // It may never stand still: calls that wait get another one.
      this.#shut(lane);
      this.#pool.discard(lane);
    });
  }

  #keepSpare(lane: WasmLane): void {
    if (lane.isGone || this.#closing !== undefined) this.#shut(lane);
    else {
      this.#spare.push(lane);
      this.#stopSparing ??= inBackground(this.#parts.limits.idleMs, () => {
        this.#stopSparing = undefined;
        for (const spare of this.#spare.splice(0)) this.#shut(spare);
      });
    }
  }

  async #create(): Promise<WasmLane> {
    const lane = this.#spare.pop() ?? new WasmLane(this.#parts.lane);
    this.#lanes.add(lane);
    const call = this.#parts.startCall(this.#loading);
    try {
      const start = this.#startOf(lane);
      const { result, kept } = await lane.run({ kind: "start", start }, call);
      this.#keep(lane, kept);
      if (!result.ok) throw result.error;
      return lane;
    } catch (error) {
      this.#shut(lane);
      throw error;
    }
  }

  /** Ends an unbroken instance properly, and its lane. */
  async #end(lane: WasmLane): Promise<void> {
    try {
      if (!lane.isGone) await lane.run({ kind: "end" }, this.#parts.startCall());
    } finally {
      await this.#shut(lane);
    }
  }

  #shut(lane: WasmLane): Promise<void> {
    return lane.close().finally(() => this.#lanes.delete(lane));
  }

  async #close(): Promise<void> {
    this.#stopSparing?.();
    for (const spare of this.#spare.splice(0)) this.#shut(spare);
    const ended = this.#pool.close();
    await settledWithin(CLOSE_MS, [ended]);
    // What was in a call has been told to end, and so is an end that does not come.
    await settledWithin(CLOSE_MS, [...this.#lanes].map((lane) => this.#shut(lane)));
    if (this.#lanes.size > 0) throw new Fault("lane-leaked");
    await ended;
  }
}

/** Waits for `promises`, but not for ever; says nothing about how they ended. */
async function settledWithin(ms: number, promises: readonly Promise<void>[]): Promise<void> {
  const limit = { deadline: performance.now() + ms, signal: undefined };
  await withDeadline(Promise.allSettled(promises), limit).catch(() => {});
}

/** A view is cloned with all that it is a view of. */
function whole(payload: Payload): Payload {
  if (typeof payload === "string" || payload.byteLength === payload.buffer.byteLength) {
    return payload;
  }
  return payload.slice();
}
