/** How many memories of WebAssembly this process has, so that it never runs out of room for them. @module */

import { Fault } from "./errors.ts";

/**
 * Memories in use. Each takes two mappings of the process, as does the stack of a guest that waits, and
 * Linux gives a process 65,530 unless it is told otherwise. Where they are used up V8 ends the
 * process, not catchably: 30,000 memories do not survive the next collection of garbage.
 */
export const LIVE_MEMORIES = 10_000;

/** The same with those that were given up and not yet collected: V8 lets as much garbage come up. */
export const HELD_MEMORIES = 20_000;

/** With so many that were given up, whoever can wait lets the engine collect them first. */
const SCARCE = 5_000;
/** The engine looks for garbage when an allocation is as large as this; it is given back untouched. */
const PRESSURE_BYTES = 256 * 1024 * 1024;
/** How often it is made to look, a millisecond or more apart, before the waiting is given up. */
const MAX_LOOKS = 500;

let live = 0;
let uncollected = 0;
/** Looking for garbage is done once for all who wait. */
let relief: Promise<void> | undefined;

/** Tells when what was given up is gone indeed. */
const collected = new FinalizationRegistry<number>((count) => {
  uncollected -= count;
});

/**
 * Says that `count` more memories are going to live; whoever called gives them back.
 *
 * @throws {Fault} `memory-limit` when the process has too many already.
 */
export function claimMemories(count: number): void {
  if (live + count > LIVE_MEMORIES) {
    throw new Fault(
      "memory-limit",
      `this process has ${live} guest memories where ${LIVE_MEMORIES} are allowed`,
    );
  }
  if (live + uncollected + count > HELD_MEMORIES) {
    throw new Fault(
      "memory-limit",
      `this process has given up ${uncollected} guest memories that are not collected yet`,
    );
  }
  live += count;
}

/** Gives `count` memories back, which are collected together with `owner` or were never made. */
export function releaseMemories(count: number, owner: object | undefined): void {
  live -= count;
  if (owner === undefined) return;
  uncollected += count;
  collected.register(owner, count);
}

/** Whether so much garbage stands about that it should be collected before more is made. */
export function memoriesAreScarce(): boolean {
  return uncollected >= SCARCE;
}

/** Waits until some of it is collected, or for half a second and more where it cannot be. */
export function collectMemories(): Promise<void> {
  return relief ??= collect().finally(() => relief = undefined);
}

async function collect(): Promise<void> {
  for (let look = 0; look < MAX_LOOKS && uncollected >= SCARCE / 2; look++) {
    press();
    // what was collected is told between two turns of the event loop
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function press(): void {
  try {
    new ArrayBuffer(PRESSURE_BYTES);
  } catch (error) {
    // where there is no room for it the engine has looked already
    if (!(error instanceof RangeError)) throw error;
  }
}
