/** A thread in which guest code ends next to its deadline, again and again. @module */

import { makeGuard } from "../../../runtime/script/guard.ts";

/** Milliseconds of one round; the guard takes no fewer. */
const ROUND_MS = 6;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<number>) => void;
  postMessage(stopped: number): void;
};

scope.onmessage = ({ data: rounds }) => {
  const guard = makeGuard();
  let stopped = 0;
  for (let i = 0; i < rounds; i++) {
    // from well before the margin to just after the watchdog
    const until = performance.now() + ROUND_MS * (i % 64) / 56;
    const ended = guard(() => {
      while (performance.now() < until);
    }, ROUND_MS);
    if (!ended) stopped++;
  }
  scope.postMessage(stopped);
};
