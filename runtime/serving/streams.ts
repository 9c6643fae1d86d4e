/** Subscribers of one extension's event streams: what they are told, and how each of them ends. @module */

import { notPossible, type StreamEvent } from "../../capabilities/serving.ts";

/** What one extension's streams may take. */
export interface StreamLimits {
  readonly subscribers: number;
  readonly events: number;
  readonly pingMs: number;
}

interface Subscriber {
  readonly path: string;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly ping: ReturnType<typeof setInterval>;
}

const encoder = new TextEncoder();
/** Sent at once, so that the client knows that it is subscribed. */
const HELLO = encoder.encode(":ok\n\n");
const PING = encoder.encode(":ping\n\n");

/** The event as text: no part of it can look like another part. */
export function eventText({ id, event, data }: StreamEvent): string {
  if (/[\r\n\0]/.test(id) || /[\r\n]/.test(event)) {
    throw notPossible("Cannot emit as the id and the event must be single lines");
  }
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `${id === "" ? "" : `id: ${id}\n`}${event === "" ? "" : `event: ${event}\n`}${
    lines.join("")
  }\n`;
}

/** Every subscriber of one extension. */
export class Streams {
  readonly #limits: StreamLimits;
  readonly #subscribers = new Set<Subscriber>();
  /** Events that a slow subscriber did not get. */
  lost = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** How many there are. */
  get size(): number {
    return this.#subscribers.size;
  }

  /** A new subscriber's response; `undefined` when there are too many. */
  subscribe(path: string): Response | undefined {
    if (this.#subscribers.size >= this.#limits.subscribers) return undefined;
    let subscriber: Subscriber | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const ping = setInterval(() => this.#write(joined, PING), this.#limits.pingMs);
        const joined: Subscriber = { path, controller, ping };
        subscriber = joined;
        this.#subscribers.add(joined);
        controller.enqueue(HELLO);
      },
      cancel: () => {
        if (subscriber) this.#leave(subscriber);
      },
    }, new CountQueuingStrategy({ highWaterMark: this.#limits.events }));
    return new Response(body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
    });
  }

  /** Tells the subscribers of `path`; how many of them it reached. */
  emit(path: string, event: StreamEvent): number {
    const bytes = encoder.encode(eventText(event));
    let reached = 0;
    for (const subscriber of this.#subscribers) {
      if (subscriber.path !== path) continue;
      if (this.#write(subscriber, bytes)) reached++;
      else this.lost++;
    }
    return reached;
  }

  /** Ends them all. */
  close(): void {
    for (const subscriber of [...this.#subscribers]) {
      this.#leave(subscriber);
      subscriber.controller.close();
    }
  }

  #write({ controller }: Subscriber, bytes: Uint8Array): boolean {
    if ((controller.desiredSize ?? 0) <= 0) return false;
    controller.enqueue(bytes);
    return true;
  }

  #leave(subscriber: Subscriber): void {
    clearInterval(subscriber.ping);
    this.#subscribers.delete(subscriber);
  }
}
