/**
 * Counts what a rewritten guest does, and stops it: fuel, deadline and abort in one check.
 *
 * Units of fuel are handed out in slices. The guest counts a slice down by itself; when it is used
 * up the guest comes here, the clock is read and the next slice is cut. How many units a call
 * used does not depend on how they were cut, so it is the same on every run.
 *
 * @module
 */

import { Fault } from "../errors.ts";
import type { GuestFunction } from "./abi/contract.ts";
import type { MeterExports } from "./rewrite/rewrite.ts";
import { guestEndingTrap } from "./trap.ts";

/** What a meter needs to know of its guest. */
export interface Metered {
  /** When the call must be over, on the clock of `performance.now()`. */
  readonly deadline: number;
  /** Why the call should end now, whatever its deadline; `undefined` while it should not. */
  readonly stopReason: unknown;
  /** Ends the guest by throwing a trap. */
  end(reason: unknown): never;
}

/**
 * The pace of the slowest guest there can be: where each unit waits for memory it takes some 30 ns.
 * A plain one takes a tenth of a nanosecond.
 */
const SLOWEST_UNITS_PER_MS = 20_000;
/** A slice may outlive the deadline by this, if all its units are of the slowest kind. */
const OVERRUN_MS = 3;
/** The first slice of a call, cut without looking at the clock: most calls need no more. */
const FIRST_SLICE = SLOWEST_UNITS_PER_MS * OVERRUN_MS;
/** How long a slice should last: an abort from outside is seen within this. */
const SLICE_MS = 1;
/** Largest slice, whatever the guest's pace was: it may become slower. */
const MAX_SLICE = 2 ** 23;
/** A slice is at most so many times the one before. */
const GROWTH = 4;

/** Counts what one guest does, in all the modules it is made of. */
export class Meter {
  readonly #guest: Metered;
  readonly #counters: Counter[] = [];
  /** Units of the call. */
  #limit = Infinity;
  /** Units of a call that was stopped here. */
  #stoppedAt: number | undefined;

  /** A meter of `guest`, which has no modules yet. */
  constructor(guest: Metered) {
    this.#guest = guest;
  }

  /** Takes the counter of an instance; nothing of it may have run yet. */
  add(exports: WebAssembly.Exports, names: MeterExports): void {
    const counter = new Counter(this, exports[names.exchange] as Counter["exchange"]);
    (exports[names.owner] as WebAssembly.Global).value = counter;
    (exports[names.table] as WebAssembly.Table).set(0, refillFunction());
    this.#counters.push(counter);
  }

  /** A call begins that may use `limit` units. */
  begin(limit: number): void {
    this.#limit = Math.floor(limit);
    this.#stoppedAt = undefined;
    let left = this.#limit;
    for (const counter of this.#counters) {
      const first = Math.min(FIRST_SLICE, left);
      counter.begin(first);
      left -= first;
    }
  }

  /**
   * Units the call has used. Where the guest trapped inside a loop that calls nothing, those of
   * the loop are missing.
   */
  get used(): number {
    if (this.#stoppedAt !== undefined) return this.#stoppedAt;
    let used = 0;
    for (const counter of this.#counters) used += counter.takeBack();
    return used;
  }

  /** The same in the midst of a call, which goes on as if nobody had looked. */
  get usedSoFar(): number {
    if (this.#stoppedAt !== undefined) return this.#stoppedAt;
    let used = 0;
    for (const counter of this.#counters) used += counter.used;
    return used;
  }

  /** The guest goes on after time may have passed outside: what is left of a slice may be too much. */
  resume(): void {
    for (const counter of this.#counters) counter.shorten();
  }

  /** A counter fell below 0. Gives its new value. */
  refill(counter: Counter, value: number): number {
    const used = counter.granted - value;
    let usedElsewhere = 0;
    // What others have left is theirs again when they come for it: so nothing is lent beyond the limit.
    if (this.#counters.length > 1 && this.#limit !== Infinity) {
      for (const other of this.#counters) {
        if (other !== counter) usedElsewhere += other.takeBack();
      }
    }
    const left = this.#limit - used - usedElsewhere;
    if (left < 0) {
      this.#stop(this.#limit, new Fault("out-of-fuel", `it may use ${this.#limit} units of fuel`));
    }
    const { stopReason, deadline } = this.#guest;
    if (stopReason !== undefined) this.#stop(used + usedElsewhere, stopReason);
    const now = performance.now();
    if (now >= deadline) this.#stop(used + usedElsewhere, new Fault("timeout"));
    return counter.grant(used, Math.min(counter.nextSlice(now, deadline - now), left));
  }

  #stop(used: number, reason: unknown): never {
    this.#stoppedAt = used;
    this.#guest.end(reason);
  }
}

/** The counter of one instance. */
class Counter {
  readonly meter: Meter;
  /** Sets the counter, and gives the old value. */
  readonly exchange: (units: number) => number;
  /** Units handed out in this call; less those in the counter, they are the ones used. */
  granted = 0;
  #slice = FIRST_SLICE;
  /** When the current slice was cut; NaN for one cut without a look at the clock. */
  #cutAt = NaN;

  constructor(meter: Meter, exchange: (units: number) => number) {
    this.meter = meter;
    this.exchange = exchange;
  }

  begin(units: number): void {
    this.granted = units;
    this.#slice = FIRST_SLICE;
    this.#cutAt = NaN;
    this.exchange(units);
  }

  get used(): number {
    const left = this.exchange(0);
    this.exchange(left);
    return this.granted - left;
  }

  /** Takes back what is left, and gives what was used. */
  takeBack(): number {
    this.granted -= this.exchange(0);
    return this.granted;
  }

  /** Takes back what is more than a first slice. */
  shorten(): void {
    if (this.#slice <= FIRST_SLICE) return;
    const left = this.exchange(0);
    const kept = Math.min(left, FIRST_SLICE);
    this.granted -= left - kept;
    this.#slice = FIRST_SLICE;
    this.#cutAt = NaN;
    this.exchange(kept);
  }

  grant(used: number, units: number): number {
    this.granted = used + units;
    return units;
  }

  /** The size of a slice cut `now`, when the call has `left` milliseconds. */
  nextSlice(now: number, left: number): number {
    const elapsed = now - this.#cutAt;
    let pace = MAX_SLICE;
    let slowest = SLOWEST_UNITS_PER_MS;
    if (elapsed > 0) {
      const unitsPerMs = this.#slice / elapsed;
      pace = unitsPerMs * SLICE_MS;
      slowest = Math.min(slowest, unitsPerMs / 2);
    }
    const safe = (left + OVERRUN_MS) * slowest;
    this.#slice = Math.max(1, Math.floor(Math.min(MAX_SLICE, this.#slice * GROWTH, pace, safe)));
    this.#cutAt = now;
    return this.#slice;
  }
}

/** What every guest's table holds; a guest can neither see nor call it but through its checks. */
function refill(owner: unknown, value: number): number {
  if (owner instanceof Counter) return owner.meter.refill(owner, value);
  throw guestEndingTrap();
}

/** `(module (import "m" "r" (func (param externref i32) (result i32))) (export "r" (func 0)))` */
const REFILL_MODULE = [
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number, version
  ...[0x01, 0x07, 0x01, 0x60, 0x02, 0x6f, 0x7f, 0x01, 0x7f], // one type
  ...[0x02, 0x07, 0x01, 0x01, 0x6d, 0x01, 0x72, 0x00, 0x00], // import "m" "r"
  ...[0x07, 0x05, 0x01, 0x01, 0x72, 0x00, 0x00], // export "r"
];

let shared: GuestFunction | undefined;

/** The one function of WebAssembly that stands for {@linkcode refill}: only those go into tables. */
function refillFunction(): GuestFunction {
  if (shared === undefined) {
    const module = new WebAssembly.Module(new Uint8Array(REFILL_MODULE));
    shared = new WebAssembly.Instance(module, { m: { r: refill } }).exports["r"] as GuestFunction;
  }
  return shared;
}
