/** The host's end of a lane in a child process. The whole child is the guest: nothing it sends is trusted. @module */

import { Fault } from "../errors.ts";
import {
  encodeFrame,
  FRAME_SLACK,
  FrameReader,
  type Lane,
  type LaneEvents,
  type Message,
  message,
} from "../script/wire.ts";
import { capMemory, childCommand } from "./command.ts";
import { programFrame } from "./loader.ts";
import { PROGRAM } from "./program.generated.ts";
import { readLines } from "./lines.ts";
import { type ProcessTools, processTools } from "./requirements.ts";

/** Limits of one child. */
export interface ChildLimits {
  readonly memoryBytes: number;
  readonly payloadBytes: number;
}

/** Bytes that wait to be read by the child: a guest that stops reading must not fill the host. */
const UNREAD_LIMIT = 8 * 1024 * 1024;

/** How long a child that was asked to end may take. */
const CLOSE_GRACE_MS = 50;

/** Signals by which V8 or the kernel end a process that has no memory left. */
const MEMORY_SIGNALS: ReadonlySet<Deno.Signal | null> = new Set(
  ["SIGABRT", "SIGILL", "SIGKILL", "SIGTRAP"] as const,
);

/** Starts a child and talks to it over its standard streams. */
export function openProcessLane(events: LaneEvents, limits: ChildLimits): Lane {
  const lane = new ProcessLane(events, limits);
  void lane.run();
  return lane;
}

class ProcessLane implements Lane {
  readonly #events: LaneEvents;
  readonly #limits: ChildLimits;
  readonly #started: Promise<Deno.ChildProcess>;
  #child: Deno.ChildProcess | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #unread = 0;
  /** Nothing is reported any more. */
  #over = false;
  #gone: Promise<void> | undefined;
  #tools: ProcessTools | undefined;

  constructor(events: LaneEvents, limits: ChildLimits) {
    this.#events = events;
    this.#limits = limits;
    this.#started = this.#start();
  }

  /** Reads the child until it ends. */
  async run(): Promise<void> {
    try {
      const child = await this.#started;
      await Promise.all([this.#readFrames(child), this.#readErrors(child)]);
      const { signal } = await child.status;
      this.#end(
        MEMORY_SIGNALS.has(signal)
          ? new Fault("memory-limit", "its process ran out of memory or was killed")
          : new Fault("trap", "its process ended"),
      );
    } catch (error) {
      this.#end(
        error instanceof Fault ? error : new Fault("trap", "its process failed", { cause: error }),
      );
      await this.kill();
    }
  }

  send(sent: Message): void {
    if (!this.#over) this.#write(encodeFrame(sent));
  }

  close(): Promise<void> {
    this.#over = true;
    return this.#gone ??= this.#closeGently();
  }

  kill(): Promise<void> {
    this.#over = true;
    return this.#gone ??= this.#kill();
  }

  async #start(): Promise<Deno.ChildProcess> {
    this.#tools = await processTools();
    let child: Deno.ChildProcess;
    try {
      child = childCommand(this.#tools, this.#limits.memoryBytes).spawn();
    } catch (cause) {
      throw new Fault("unavailable", "its process could not be started", { cause });
    }
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#write(programFrame(PROGRAM));
    return child;
  }

  async #readFrames(child: Deno.ChildProcess): Promise<void> {
    const frames = new FrameReader(this.#limits.payloadBytes + FRAME_SLACK);
    let capped = false;
    for await (const chunk of child.stdout) {
      if (this.#over) continue;
      for (const received of frames.push(chunk)) {
        if (received.type === "hello" && !capped) {
          capped = true;
          await this.#cap(child);
        }
        if (!this.#over) this.#events.message(received);
      }
    }
  }

  async #readErrors(child: Deno.ChildProcess): Promise<void> {
    await readLines(child.stderr, (line) => {
      if (!this.#over) this.#events.printed(line);
    });
  }

  /** The child said hello: it has all the memory it needs, and no guest code yet. */
  async #cap(child: Deno.ChildProcess): Promise<void> {
    if (!this.#tools?.prlimit) return;
    if (await capMemory(child.pid, this.#limits.memoryBytes)) return;
    throw new Fault("unavailable", "the memory of its process could not be capped");
  }

  #write(frame: Uint8Array<ArrayBuffer>): void {
    this.#unread += frame.length;
    if (this.#unread > UNREAD_LIMIT + 2 * this.#limits.payloadBytes) {
      this.#end(new Fault("trap", "its process stopped reading"));
      void this.kill();
      return;
    }
    this.#writer?.write(frame).then(() => {
      this.#unread -= frame.length;
    }, () => {/* the child is gone, which its status tells */});
  }

  #end(reason: Fault): void {
    if (this.#over) return;
    this.#over = true;
    this.#events.ended(reason);
  }

  async #closeGently(): Promise<void> {
    const child = await this.#started.catch(() => undefined);
    if (!child) return;
    this.#write(encodeFrame(message("close")));
    const timer = setTimeout(() => signal(child), CLOSE_GRACE_MS);
    await child.status;
    clearTimeout(timer);
    await this.#writer?.abort().catch(() => {});
  }

  async #kill(): Promise<void> {
    const child = this.#child ?? await this.#started.catch(() => undefined);
    if (!child) return;
    signal(child);
    await child.status;
    await this.#writer?.abort().catch(() => {});
  }
}

function signal(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch { /* it has ended already */ }
}
