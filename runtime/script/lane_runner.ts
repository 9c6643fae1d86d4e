/** Runs the code of one realm when it may run, and stops it when it must: calls, timers, the watchdog. @module */

import { type Guard, makeGuard } from "./guard.ts";
import type { Realm } from "./realm.ts";

/** Time for what is no call: dropping one, or telling of a rejection. */
const HOUSEKEEPING_MS = 1_000;

/** A call that begins. */
export interface Begun {
  readonly id: number;
  readonly budgetMs: number;
}

/** Decides when guest code runs. Between calls the realm stands still: no timer, no answer wakes it. */
export class LaneRunner {
  readonly #guard: Guard | undefined;
  readonly #onStopped: (call: number) => void;
  readonly #onLeft: () => void;
  #realm: Realm | undefined;
  /** Calls in flight and when each must be over; 0 stands for the load. */
  readonly #calls = new Map<number, number>();
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  /** What happened while no call was in flight. */
  #held: (() => void)[] = [];
  /** What guest code asked for: it may be stopped at any instruction, so that is done afterwards. */
  #outbox: (() => void)[] = [];
  #entered = false;

  /**
   * `onStopped` hears of the call whose time was over when the watchdog fired, `onLeft` each time
   * that guest code has run.
   */
  constructor(guarded: boolean, onStopped: (call: number) => void, onLeft: () => void) {
    this.#guard = guarded ? makeGuard() : undefined;
    this.#onStopped = onStopped;
    this.#onLeft = onLeft;
  }

  /** Takes the realm whose code is run. */
  adopt(realm: Realm): void {
    this.#realm = realm;
  }

  /** Begins calls, each with its own time, then lets everything run that waited for one. */
  begin(calls: readonly Begun[], action: (realm: Realm) => void): void {
    const now = performance.now();
    for (const { id, budgetMs } of calls) this.#calls.set(id, now + budgetMs);
    const held = this.#held;
    this.#held = [];
    for (const one of held) one();
    this.run(action);
  }

  /** Ends a call; `false` when it is over already. */
  end(call: number): boolean {
    return this.#calls.delete(call);
  }

  /** Runs guest code now; afterwards the realm may be gone. */
  run(action: (realm: Realm) => void): void {
    const realm = this.#realm;
    if (!realm) return;
    if (!this.#guard) {
      action(realm);
      return this.#onLeft();
    }
    const [call, deadline] = this.#earliest();
    const left = deadline - performance.now();
    this.#entered = true;
    // What has no time left is not begun.
    const inTime = left > 0 && this.#guard(() => action(realm), left);
    this.#entered = false;
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const one of outbox) one();
    this.#onLeft();
    if (inTime) return;
    this.discard();
    this.#onStopped(call);
  }

  /** Runs guest code during a call: at once, or with the next one. */
  runInCall(action: (realm: Realm) => void): void {
    if (this.#calls.size > 0) this.run(action);
    else this.#held.push(() => this.runInCall(action));
  }

  /** Does what guest code asked for, once that code is out of the watchdog's reach. */
  afterwards(action: () => void): void {
    if (this.#guard && this.#entered) this.#outbox.push(action);
    else action();
  }

  startTimer(id: number, ms: number, action: (realm: Realm) => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(id);
      this.runInCall(action);
    }, ms);
    this.#timers.set(id, timer);
  }

  stopTimer(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  /** Lets go of the realm: nothing of it runs any more. */
  discard(): void {
    this.#realm = undefined;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#calls.clear();
    this.#held = [];
  }

  /** The call that is over first: when it is, the realm is lost anyway. */
  #earliest(): [call: number, deadline: number] {
    if (this.#calls.size === 0) return [0, performance.now() + HOUSEKEEPING_MS];
    let found: [number, number] = [0, Infinity];
    for (const one of this.#calls) if (one[1] < found[1]) found = one;
    return found;
  }
}
