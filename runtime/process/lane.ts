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
  WireError,
} from "../script/wire.ts";
import { capMemory, childCommand, heapOf } from "./command.ts";
import { programFrame } from "./loader.ts";
import { PROGRAM } from "./program.generated.ts";
import { readLines } from "./lines.ts";
import { type ProcessTools, processTools } from "./requirements.ts";

/** Limits of one child. */
export interface ChildLimits {
  readonly memoryBytes: number;
  readonly payloadBytes: number;
  /** Flags of Deno that its operator gives the child itself. */
  readonly flags?: readonly string[];
  /** What it runs; default: the guest's side of a lane. */
  readonly program?: string;
}

/** Bytes that wait to be read by the child: a guest that stops reading must not fill the host. */
const UNREAD_LIMIT = 8 * 1024 * 1024;

/** Bytes that may wait before calls do. */
const CONGESTED_BYTES = 1024 * 1024;

/** Kinds of children whose cache is kept: it has some 30 KB. */
const CACHES = 16;

/** How long a child that was asked to end may take. */
const CLOSE_GRACE_MS = 50;

/** Signals by which V8 or the kernel end a process that has no memory left. */
const MEMORY_SIGNALS: ReadonlySet<Deno.Signal | null> = new Set(
  ["SIGABRT", "SIGILL", "SIGKILL", "SIGTRAP"] as const,
);

/**
 * V8's cache of the program by heap size, a flag it depends on. A child makes it before it has heard
 * of any guest.
 */
const caches = new Map<number, Uint8Array>();

/** Starts a child and talks to it over its standard streams. Without `events` it waits to be adopted. */
export function openProcessLane(limits: ChildLimits, events?: LaneEvents): ProcessLane {
  const lane = new ProcessLane(limits, events);
  void lane.run();
  return lane;
}

/** One child, for one extension. */
export class ProcessLane implements Lane {
  #events: LaneEvents | undefined;
  /** The hello of a child that nobody has adopted. */
  #hello: Message | undefined;
  readonly #limits: ChildLimits;
  readonly #started: Promise<Deno.ChildProcess>;
  #child: Deno.ChildProcess | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>> | undefined;
  #unread = 0;
  /** Who waits for the child to read. */
  #room: PromiseWithResolvers<void> | undefined;
  /** Nothing is reported any more. */
  #over = false;
  #gone: Promise<void> | undefined;
  #tools: ProcessTools | undefined;
  /** Settles when the child's memory is capped; no guest code runs before. */
  #capped: Promise<void> | undefined;

  /** Use {@linkcode openProcessLane}: it also reads what the child says. */
  constructor(limits: ChildLimits, events: LaneEvents | undefined) {
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

  /** Whether it is of no use any more. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Takes a child that waits; `false` when it is gone. */
  adopt(events: LaneEvents): boolean {
    if (this.#over || this.#events) return false;
    this.#events = events;
    this.#child?.ref();
    const hello = this.#hello;
    this.#hello = undefined;
    if (hello) queueMicrotask(() => this.#tell(hello));
    return true;
  }

  send(sent: Message): void {
    if (this.#over) return;
    if (sent.type === "evaluate" && this.#capped) void this.#sendCapped(this.#capped, sent);
    else this.#write(encodeFrame(sent));
  }

  room(): Promise<void> | undefined {
    if (this.#over || this.#unread <= CONGESTED_BYTES) return undefined;
    return (this.#room ??= Promise.withResolvers<void>()).promise;
  }

  /** Nothing follows an `evaluate` before it was answered. */
  async #sendCapped(capped: Promise<void>, sent: Message): Promise<void> {
    try {
      await capped;
      if (!this.#over) this.#write(encodeFrame(sent));
    } catch { /* the lane has ended for it */ }
  }

  close(): Promise<void> {
    this.#over = true;
    this.#makeRoom();
    return this.#gone ??= this.#closeGently();
  }

  kill(): Promise<void> {
    this.#over = true;
    this.#makeRoom();
    return this.#gone ??= this.#kill();
  }

  async #start(): Promise<Deno.ChildProcess> {
    this.#tools = await processTools();
    let child: Deno.ChildProcess;
    try {
      child = childCommand(
        this.#tools,
        this.#limits.memoryBytes,
        undefined,
        this.#limits.flags,
      ).spawn();
    } catch (cause) {
      throw new Fault("unavailable", "its process could not be started", { cause });
    }
    this.#child = child;
    // A child that nobody has asked for keeps no program from ending.
    if (!this.#events) child.unref();
    this.#writer = child.stdin.getWriter();
    const { memoryBytes, program = PROGRAM } = this.#limits;
    const cache = program === PROGRAM ? caches.get(heapOf(memoryBytes)) : undefined;
    this.#write(programFrame(program, cache ?? new Uint8Array()));
    return child;
  }

  async #readFrames(child: Deno.ChildProcess): Promise<void> {
    const frames = new FrameReader(this.#limits.payloadBytes + FRAME_SLACK);
    for await (const chunk of child.stdout) {
      if (this.#over) continue;
      for (const received of frames.push(chunk)) this.#take(child, received);
    }
  }

  #take(child: Deno.ChildProcess, received: Message): void {
    if (received.type === "hello" && !this.#capped) this.#greeted(child, received);
    if (this.#events) this.#tell(received);
    else if (received.type === "hello") this.#hello = received;
    else throw new WireError("a child speaks that nobody has spoken to");
  }

  /** The child has all the memory it needs, and no guest code yet. */
  #greeted(child: Deno.ChildProcess, { body }: Message): void {
    const heap = heapOf(this.#limits.memoryBytes);
    const ours = (this.#limits.program ?? PROGRAM) === PROGRAM;
    if (ours && body !== "" && !caches.has(heap) && caches.size < CACHES) {
      caches.set(heap, Uint8Array.fromBase64(body));
    }
    this.#capped = this.#cap(child);
    this.#capped.catch((fault: unknown) => {
      this.#end(fault instanceof Fault ? fault : new Fault("trap", "", { cause: fault }));
      void this.kill();
    });
  }

  #tell(received: Message): void {
    if (!this.#over) this.#events?.message(received);
  }

  async #readErrors(child: Deno.ChildProcess): Promise<void> {
    await readLines(child.stderr, (line) => {
      if (!this.#over) this.#events?.printed(line);
    });
  }

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
      if (this.#unread <= CONGESTED_BYTES) this.#makeRoom();
    }, () => {/* the child is gone, which its status tells */});
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  #end(reason: Fault): void {
    if (this.#over) return;
    this.#over = true;
    this.#makeRoom();
    this.#events?.ended(reason);
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
    // Its end is waited for, even if nobody waited for it.
    child.ref();
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
