/**
 * The instances of one extension: at most so many, one call at a time each, a broken one never used
 * again. Taking an idle one and giving it back waits for nothing and allocates nothing.
 *
 * @module
 */

import { inBackground } from "../../capabilities/powers/background.ts";
import { withDeadline } from "../deadline.ts";
import { Fault } from "../errors.ts";
import {
  claimMemories,
  collectMemories,
  memoriesAreScarce,
  releaseMemories,
} from "../live_memories.ts";

/** What a pool needs to know about its instances. */
export interface PoolOptions<Instance> {
  /** Makes and starts one; a promise only where starting may wait. */
  readonly create: () => Instance | Promise<Instance>;
  /** Ends an unbroken one that is not needed any more. */
  readonly destroy: (instance: Instance) => void | Promise<void>;
  /** Stops the wait of one that is in a call, as the extension closes. */
  readonly interrupt: (instance: Instance, reason: unknown) => void;
  /** Lets go of what the host holds for a broken instance; nothing of it runs any more. */
  readonly release?: (instance: Instance) => void;
  /** `one` keeps state between calls; `fresh` lives for a single call. */
  readonly kind: "one" | "pool" | "fresh";
  /** Most instances at a time. */
  readonly size: number;
  /** Milliseconds a call may wait for one. */
  readonly queueMs: number;
  /** Milliseconds after which an interchangeable one that nobody took is ended; default: never. */
  readonly idleMs?: number;
  /** How many of them stay all the same; default: 1. */
  readonly idleKept?: number;
  /** Memories that each has; default 1. */
  readonly memories?: number;
}

/** A stateful guest that keeps breaking would replay its start functions for every call. */
const FAILURE_LIMIT = 3;
const FAILURE_WINDOW_MS = 10_000;

/** The instances of one extension. */
export class InstancePool<Instance extends object> {
  readonly #options: PoolOptions<Instance>;
  readonly #memories: number;
  /** The last one used comes first: its memory is warm. */
  readonly #idle: Instance[] = [];
  readonly #all = new Set<Instance>();
  readonly #waiting = new Set<PromiseWithResolvers<Instance>>();
  /** Instances that exist or are being made; never above `size`. */
  #count = 0;
  /** Discarded ones that nothing has replaced yet. */
  #lost = 0;
  #restarts = 0;
  /** When instances broke, the newest last, at most {@linkcode FAILURE_LIMIT} of them. */
  readonly #failures: number[] = [];
  /** Why no instance is given out any more. */
  #ended: Fault | undefined;
  /** How many of the idle ones, the longest idle first, nobody took since the last look. */
  #untouched = 0;
  #stopLooking: (() => void) | undefined;
  readonly #idleKept: number;

  /** An empty pool. */
  constructor(options: PoolOptions<Instance>) {
    this.#options = options;
    const { kind, idleMs = Infinity, idleKept = 1 } = options;
    this.#idleKept = kind === "one" || idleMs === Infinity ? Infinity : idleKept;
    this.#memories = options.memories ?? 1;
  }

  /** How many discarded instances were replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /** All instances there are now. */
  get all(): ReadonlySet<Instance> {
    return this.#all;
  }

  /** An idle instance, if there is one; it belongs to the caller until `release` or `discard`. */
  takeIdle(): Instance | undefined {
    const instance = this.#idle.pop();
    if (this.#idle.length < this.#untouched) this.#untouched = this.#idle.length;
    return instance;
  }

  /**
   * An instance: idle, new, or the next that becomes free.
   *
   * @throws {Fault} `busy` after `queueMs`, `closed`, `memory-limit`, or why a new one cannot start.
   */
  take(signal?: AbortSignal): Instance | Promise<Instance> {
    const idle = this.takeIdle();
    if (idle !== undefined) return idle;
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#count < this.#options.size) {
      if (!memoriesAreScarce()) return this.#create();
      collectMemories().then(() => this.#serve());
    }
    return this.#wait(signal);
  }

  /**
   * The same without waiting.
   *
   * @throws {Fault} as `take`; `busy` at once, and `needs-async` where starting may wait.
   */
  takeNow(): Instance {
    const idle = this.takeIdle();
    if (idle !== undefined) return idle;
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#count >= this.#options.size) throw new Fault("busy", "every instance is in a call");
    const made = this.#create();
    if (!(made instanceof Promise)) return made;
    made.then((instance) => this.keep(instance), () => {});
    throw new Fault("needs-async", "its start functions wait for the host");
  }

  /** Gives an unbroken instance back. */
  release(instance: Instance): void {
    if (this.#options.kind === "fresh") this.#drop(instance);
    else this.keep(instance);
  }

  /** Puts an instance aside for the next call; one for a single call must not have had it yet. */
  keep(instance: Instance): void {
    if (this.#ended !== undefined) this.#drop(instance);
    else if (this.#waiting.size > 0) this.#nextWaiter()?.resolve(instance);
    else {
      this.#idle.push(instance);
      if (this.#idle.length > this.#idleKept) this.#look();
    }
  }

  /** Ends an unbroken instance that is not to be used again; its replacement counts as a restart. */
  retire(instance: Instance): void {
    this.#lost++;
    this.#drop(instance);
  }

  /** Drops a broken instance; its replacement is made when somebody needs it. */
  discard(instance: Instance): void {
    this.#forget(instance);
    this.#options.release?.(instance);
    this.#countFailure();
    this.#serve();
  }

  /** Ends all: calls waiting and suspended fail with `closed`; idle instances end properly. */
  async close(): Promise<void> {
    const reason = new Fault("closed");
    this.#ended = reason;
    this.#stopLooking?.();
    for (const waiter of [...this.#waiting]) waiter.reject(reason);
    this.#waiting.clear();
    const idle = new Set(this.#idle.splice(0));
    for (const instance of this.#all) {
      if (!idle.has(instance)) this.#options.interrupt(instance, reason);
    }
    const results = await Promise.allSettled([...idle].map(async (instance) => {
      this.#forget(instance);
      await this.#options.destroy(instance);
    }));
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
    }
  }

  #create(): Instance | Promise<Instance> {
    claimMemories(this.#memories);
    this.#count++;
    try {
      const made = this.#options.create();
      if (!(made instanceof Promise)) return this.#add(made);
      return made.then((instance) => this.#add(instance), (error) => {
        this.#failCreate();
        this.#serve();
        throw error;
      });
    } catch (error) {
      this.#failCreate();
      throw error;
    }
  }

  #add(instance: Instance): Instance {
    this.#all.add(instance);
    if (this.#lost > 0) {
      this.#lost--;
      this.#restarts++;
    }
    return instance;
  }

  #failCreate(): void {
    releaseMemories(this.#memories, undefined);
    this.#count--;
    this.#countFailure();
  }

  #wait(signal: AbortSignal | undefined): Promise<Instance> {
    const waiter = Promise.withResolvers<Instance>();
    this.#waiting.add(waiter);
    let timedOut = false;
    let over = false;
    // An instance handed over in the very moment the caller stops waiting is not lost.
    waiter.promise.then((instance) => over ? this.keep(instance) : undefined, () => {});
    const deadline = performance.now() + this.#options.queueMs;
    return withDeadline(waiter.promise, { deadline, signal }, () => {
      over = true;
      timedOut = !signal?.aborted;
      this.#waiting.delete(waiter);
    }).catch((reason) => {
      throw timedOut
        ? new Fault("busy", `no instance became free within ${this.#options.queueMs} ms`)
        : reason;
    });
  }

  #nextWaiter(): PromiseWithResolvers<Instance> | undefined {
    const [waiter] = this.#waiting;
    if (waiter !== undefined) this.#waiting.delete(waiter);
    return waiter;
  }

  /** Makes instances for calls that wait, as far as there is room. */
  #serve(): void {
    while (this.#waiting.size > 0 && this.#count < this.#options.size) {
      const waiter = this.#nextWaiter();
      if (waiter === undefined) return;
      try {
        if (this.#ended !== undefined) throw this.#ended;
        waiter.resolve(this.#create());
      } catch (error) {
        waiter.reject(error);
      }
    }
  }

  /** Looks again after a while, and ends what nobody took meanwhile. */
  #look(): void {
    if (this.#stopLooking !== undefined) return;
    this.#untouched = this.#idle.length;
    this.#stopLooking = inBackground(this.#options.idleMs ?? Infinity, () => {
      this.#stopLooking = undefined;
      const spare = Math.min(this.#untouched, this.#idle.length - this.#idleKept);
      for (const instance of this.#idle.splice(0, Math.max(0, spare))) this.#drop(instance);
      if (this.#idle.length > this.#idleKept) this.#look();
    });
  }

  #forget(instance: Instance): void {
    if (!this.#all.delete(instance)) return;
    releaseMemories(this.#memories, instance);
    this.#count--;
  }

  #drop(instance: Instance): void {
    this.#forget(instance);
    const ended = this.#options.destroy(instance);
    if (ended instanceof Promise) ended.catch(() => {});
    this.#serve();
  }

  #countFailure(): void {
    this.#lost++;
    if (this.#options.kind !== "one") return;
    const now = performance.now();
    this.#failures.push(now);
    if (this.#failures.length < FAILURE_LIMIT) return;
    const first = this.#failures.shift() ?? 0;
    if (now - first > FAILURE_WINDOW_MS) return;
    this.#ended ??= new Fault(
      "closed",
      `it broke ${FAILURE_LIMIT} times within ${
        FAILURE_WINDOW_MS / 1000
      } s and stays closed until it is loaded again`,
    );
  }
}
