/** Timers inside a realm: the host only counts milliseconds. @module */

import type { Kit } from "./kit.ts";

/** What the entry needs of them. */
export interface Timers {
  /** Runs the timer `id`, if it still exists. */
  readonly fire: (id: number) => void;
  /** Forgets every timer that was set in the call `owner`. */
  readonly drop: (owner: number) => void;
}

/** What the timers need of the entry. */
export interface TimerHost {
  /** The call that runs now; 0 outside of calls. */
  readonly current: () => number;
  /** Goes on in the call that set the timer. */
  readonly resume: (owner: number) => void;
  /** Asks the host to fire timer `id` after `ms`. */
  readonly start: (id: number, ms: number) => void;
  readonly stop: (id: number) => void;
}

/** Self-contained: its text runs inside the realm. */
export function makeTimers(kit: Kit, host: TimerHost): Timers {
  // A flood of timers would make the host hold as many.
  const limit = 1000;
  const longest = 2147483647;
  interface Timer {
    readonly fn: unknown;
    readonly args: readonly unknown[];
    readonly repeat: number;
    readonly owner: number;
  }
  const timers = kit.table<Timer>();
  let count = 0;
  let last = 0;

  function start(fn: unknown, ms: unknown, args: readonly unknown[], repeats: boolean): number {
    if (typeof fn !== "function") throw new kit.TypeError("a timer needs a function");
    if (count >= limit) throw new kit.RangeError(`there are ${limit} timers already`);
    let delay = kit.numberOf(ms ?? 0);
    // NaN, negative and huge delays fire at once, as everywhere.
    if (!(delay >= 1) || delay > longest) delay = 1;
    const id = ++last;
    count++;
    timers[id] = { fn, args, repeat: repeats ? delay : 0, owner: host.current() };
    host.start(id, delay);
    return id;
  }

  function clear(id: unknown): void {
    if (typeof id !== "number" || !timers[id]) return;
    delete timers[id];
    count--;
    host.stop(id);
  }

  kit.global(
    "setTimeout",
    (fn: unknown, ms?: unknown, ...args: unknown[]): number => start(fn, ms, args, false),
  );
  kit.global(
    "setInterval",
    (fn: unknown, ms?: unknown, ...args: unknown[]): number => start(fn, ms, args, true),
  );
  kit.global("clearTimeout", (id?: unknown): void => clear(id));
  kit.global("clearInterval", (id?: unknown): void => clear(id));

  return {
    fire(id) {
      const timer = timers[id];
      if (!timer) return;
      host.resume(timer.owner);
      if (timer.repeat > 0) host.start(id, timer.repeat);
      else {
        delete timers[id];
        count--;
      }
      kit.apply(timer.fn, undefined, timer.args);
    },
    drop(owner) {
      const ids = kit.keysOf(timers);
      for (let i = 0; i < ids.length; i++) {
        const id = kit.numberOf(ids[i]);
        if (timers[id]?.owner === owner) clear(id);
      }
    },
  };
}
