/** The host's end of a worker that runs a module of ours: a private port, and what may go wrong. @module */

import { spawnConfined } from "./spawn.ts";

/** A worker that runs. */
export interface WorkerChannel<Sent> {
  /** Hands a message over; nothing happens once the worker is gone. */
  send(message: Sent): void;
  /**
   * Ends the worker, which must stand still: a busy thread goes on for ever whatever its host does.
   * Idempotent.
   */
  close(): void;
}

/** What its owner hears of a worker. */
export interface WorkerEvents<Received> {
  message(message: Received): void;
  /** It failed, or what it sent cannot be read. Told at most once. */
  broken(): void;
}

/** Starts a worker without permissions at `entry`. */
export function openWorkerChannel<Sent, Received>(
  entry: URL,
  events: WorkerEvents<Received>,
): WorkerChannel<Sent> {
  const { port1: port, port2 } = new MessageChannel();
  let over = false;

  const fail = () => {
    if (over) return;
    close();
    events.broken();
  };
  const worker = spawnConfined(entry, "airlock lane", fail);
  worker.postMessage(port2, [port2]);
  port.onmessage = ({ data }) => {
    if (!over) events.message(data as Received);
  };
  port.onmessageerror = fail;

  function close(): void {
    if (over) return;
    over = true;
    port.close();
    worker.terminate();
  }

  return {
    send(message) {
      if (!over) port.postMessage(message);
    },
    close,
  };
}
