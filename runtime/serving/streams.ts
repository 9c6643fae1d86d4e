/** Subscribers of one extension's event streams: what they are told, and how each of them ends. @module */

import { notPossible, type StreamEvent } from "../../capabilities/serving.ts";

/** What one extension's streams may take. */
export interface StreamLimits {
  readonly subscribers: number;
  readonly events: number;
  readonly unsentBytes: number;
  readonly pingMs: number;
}

const encoder = new TextEncoder();
/** Sent at once, so that the client knows that it is subscribed. */
const HELLO = encoder.encode(":ok\n\n");
const PING = encoder.encode(":ping\n\n");

/** The event as text: no part of it can look like another part. */
function eventText({ id, event, data }: StreamEvent): string {
  if (/[\r\n\0]/.test(id) || /[\r\n]/.test(event)) {
    throw notPossible("Cannot emit as the id and the event must be single lines");
  }
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `${id === "" ? "" : `id: ${id}\n`}${event === "" ? "" : `event: ${event}\n`}${
    lines.join("")
  }\n`;
}

/** One client, and what it has not read. */
class Subscriber {
  readonly path: string;
  readonly body: ReadableStream<Uint8Array>;
  readonly #limits: StreamLimits;
  readonly #waiting: Uint8Array[] = [HELLO];
  readonly #ping: ReturnType<typeof setInterval>;
  #bytes = HELLO.length;
  #ended = false;
  #wake: () => void = () => {};

  constructor(path: string, limits: StreamLimits, onLeave: (subscriber: Subscriber) => void) {
    this.path = path;
    this.#limits = limits;
    this.#ping = setInterval(() => this.write(PING), limits.pingMs);
    this.body = new ReadableStream<Uint8Array>({
      pull: (controller) => this.#pull(controller),
      cancel: () => {
        this.end();
        onLeave(this);
      },
      // nothing is taken from what waits before the client has room for it
    }, { highWaterMark: 0 });
  }

  /** Whether it still has room for `bytes`, which it then gets. */
  write(bytes: Uint8Array): boolean {
    const { events, unsentBytes } = this.#limits;
    if (this.#ended || this.#waiting.length >= events) return false;
    if (this.#bytes + bytes.length > unsentBytes) return false;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#wake();
    return true;
  }

  /** The client gets what waits, and then the end. */
  end(): void {
    clearInterval(this.#ping);
    this.#ended = true;
    this.#wake();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const next = this.#waiting.shift();
    if (next === undefined) return controller.close();
    this.#bytes -= next.length;
    controller.enqueue(next);
  }
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
    const subscriber = new Subscriber(
      path,
      this.#limits,
      (gone) => void this.#subscribers.delete(gone),
    );
    this.#subscribers.add(subscriber);
    return new Response(subscriber.body as ReadableStream<Uint8Array<ArrayBuffer>>, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
    });
  }

  /** Tells the subscribers of `path`; how many of them it reached. */
  emit(path: string, event: StreamEvent): number {
    const bytes = encoder.encode(eventText(event));
    let reached = 0;
    for (const subscriber of this.#subscribers) {
      if (subscriber.path !== path) continue;
      if (subscriber.write(bytes)) reached++;
      else this.lost++;
    }
    return reached;
  }

  /** Ends them all. */
  close(): void {
    for (const subscriber of this.#subscribers) subscriber.end();
    this.#subscribers.clear();
  }
}
