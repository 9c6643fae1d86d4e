/** Children that were started before anybody asked, and that no guest has used. @module */

import type { LaneEvents } from "../script/wire.ts";
import { type ChildLimits, openProcessLane, type ProcessLane } from "./lane.ts";

/** A started child, ready for one extension. */
interface Warm {
  readonly key: string;
  readonly lane: ProcessLane;
}

/** Milliseconds until a taken child is replaced: a program that ends sooner never pays for another. */
const REFILL_MS = 100;

/** Keeps up to `size` children ready, of the kind that was wanted last. */
export class ProcessPool {
  readonly #size: number;
  #warm: Warm[] = [];
  readonly #refills = new Set<ReturnType<typeof setTimeout>>();
  #closed = false;

  /** @throws {RangeError} when `size` is no whole number from 0. */
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 0) {
      throw new RangeError(
        `Cannot keep processes warm as their number must be a whole one: current value is ${size}`,
      );
    }
    this.#size = size;
  }

  /** A lane in a child that waits already, or in a new one. */
  open(events: LaneEvents, limits: ChildLimits): ProcessLane {
    const key = keyOf(limits);
    const found = this.#warm.find((one) => one.key === key);
    if (found) this.#warm = this.#warm.filter((one) => one !== found);
    if (this.#size > 0 && !this.#closed) this.#refillLater(limits);
    if (!found?.lane.adopt(events)) return openProcessLane(limits, events);
    return found.lane;
  }

  /** Ends the children that wait. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#refills) clearTimeout(timer);
    this.#refills.clear();
    await Promise.all(this.#warm.splice(0).map(({ lane }) => lane.kill()));
  }

  #refillLater(limits: ChildLimits): void {
    const timer = setTimeout(() => {
      this.#refills.delete(timer);
      this.#refill(limits);
    }, REFILL_MS);
    // A program that has nothing else to do ends.
    Deno.unrefTimer(timer);
    this.#refills.add(timer);
  }

  #refill(limits: ChildLimits): void {
    const key = keyOf(limits);
    this.#warm = this.#warm.filter(({ lane }) => !lane.isOver);
    if (this.#warm.filter((one) => one.key === key).length >= this.#size) return;
    // Of another kind, and wanted longer ago.
    if (this.#warm.length >= this.#size) void this.#warm.shift()?.lane.kill();
    this.#warm.push({ key, lane: openProcessLane(limits) });
  }
}

/** Heap and caps are set when a child starts. */
function keyOf({ memoryBytes, payloadBytes }: ChildLimits): string {
  return `${memoryBytes}:${payloadBytes}`;
}
