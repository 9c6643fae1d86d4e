/** The host's end of a lane in a worker. @module */

import { Fault } from "../errors.ts";
import { decodeText, encodeText, type Lane, type LaneEvents, message } from "../script/wire.ts";
import { spawnConfined } from "./spawn.ts";

/** Messages of a worker that was told to end: one that floods is not listened to any more. */
const LATE_LIMIT = 1_000;

/**
 * Starts a worker without permissions at `entry`, a module of this package, and talks to it over a
 * port of its own. `terminate()` does not stop running code [measured on Deno 2.9], so closing
 * waits until the worker itself says that it stands still.
 */
export function openWorkerLane(
  entry: URL,
  events: LaneEvents,
  flags: readonly string[] = [],
): Lane {
  const { port1: port, port2 } = new MessageChannel();
  const gone = Promise.withResolvers<void>();
  let over = false;
  let closing = false;
  let late = 0;

  const worker = spawnConfined(entry, "airlock lane", () => {
    end(new Fault("trap", "its worker failed"));
    // Its code has come to an end already.
    dispose();
  }, flags);
  worker.postMessage(port2, [port2]);

  function end(reason: Fault): void {
    if (over) return;
    over = true;
    events.ended(reason);
  }

  /** Closing a port hands out all that waits in it at once, each message inside the one before. */
  function deafen(): void {
    port.onmessage = null;
    port.close();
  }

  function dispose(): void {
    deafen();
    worker.terminate();
    gone.resolve();
  }

  function close(): Promise<void> {
    over = true;
    if (!closing) {
      closing = true;
      port.postMessage(encodeText(message("close")));
    }
    return gone.promise;
  }

  port.onmessage = ({ data }) => {
    if (over && ++late > LATE_LIMIT) {
      // Nobody hears whether it stands still now: it counts as one that does not.
      deafen();
      return worker.terminate();
    }
    try {
      const received = decodeText(data);
      // Nobody but its host ends it: a thread that says so and runs on would not be counted.
      if (received.type === "closed" && closing) return dispose();
      if (!over) events.message(received);
    } catch {
      end(new Fault("trap", "its worker broke the protocol"));
    }
  };
  port.onmessageerror = () => end(new Fault("trap", "its worker broke the protocol"));

  return {
    send(sent) {
      if (!over) port.postMessage(encodeText(sent));
    },
    close,
    kill: close,
  };
}
