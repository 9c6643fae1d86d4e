/** Removes types from TypeScript, in a worker of its own that hostile text may break. @module */

import { Fault } from "../errors.ts";
import { entryMissing, entryPermissions } from "../worker/requirements.ts";
import { spawnTrusted } from "../worker/spawn.ts";
import { isTypeScript } from "./classify.ts";
import { printable } from "./resolve.ts";

/** Turns TypeScript into JavaScript with every line and column where it was. */
export interface Stripper {
  /**
   * @throws {Fault} `unsupported` for what is no TypeScript, or cannot be erased, with its place.
   */
  strip(path: string, text: string): Promise<string>;
  /** Where a text that an engine could not parse is wrong, where that can be told. */
  locate(text: string): Promise<Place | undefined>;
  /** Gives the worker back; the last one to do so ends it. */
  close(): void;
}

/** A place in a text, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What the worker is asked. */
export interface StripRequest {
  readonly text: string;
  readonly timeoutMs: number;
}

/** What the worker answers. After `broken` it is of no further use. */
export type StripReply =
  | { readonly kind: "stripped"; readonly text: string }
  | {
    readonly kind: "refused";
    readonly message: string;
    readonly line: number;
    readonly column: number;
  }
  | { readonly kind: "broken" };

/** Longest TypeScript file, in UTF-16 units: a parser's tree is many times its text. */
export const STRIP_LIMIT: number = 1024 * 1024;

/** Milliseconds for one file: a few nested `<T>(` make the parser backtrack for hours. */
const STRIP_MS = 3_000;

/** Milliseconds until a worker counts as stuck: the time to start one, beside its own limit. */
const STUCK_MS = STRIP_MS + 10_000;

/** Milliseconds an unused worker is kept: it would keep a finished program from exiting. */
const IDLE_MS = 200;

/** The one worker of this process and what waits for it. */
const lane = {
  worker: undefined as StripWorker | undefined,
  /** Settles when everything asked so far is done. */
  tail: Promise.resolve() as Promise<unknown>,
  idle: undefined as ReturnType<typeof setTimeout> | undefined,
  waiting: 0,
  users: 0,
};

/** A stripper; all of them share one worker, started when there is something to strip. */
export function openStripper(): Stripper {
  let open = true;
  lane.users++;
  return {
    strip(path, text) {
      if (!open) return Promise.reject(new Fault("closed"));
      return enqueue(path, text);
    },
    async locate(text) {
      // V8 tells nobody where a syntax error is; the parser that strips types does.
      const missing = await entryMissing(STRIP_WORKER);
      if (!open || missing.length > 0 || text.length > STRIP_LIMIT) return undefined;
      const reply = await inTurn(text).catch(() => undefined);
      return reply?.kind === "refused" ? { line: reply.line, column: reply.column } : undefined;
    },
    close() {
      if (!open) return;
      open = false;
      if (--lane.users === 0) endWorker(new Fault("closed"));
    },
  };
}

async function enqueue(path: string, text: string): Promise<string> {
  if (text.length > STRIP_LIMIT) {
    throw new Fault(
      "unsupported",
      `${printable(path)} is longer than ${STRIP_LIMIT} characters, too long to strip its types`,
    );
  }
  return accept(path, await inTurn(text));
}

/** Asks the worker once everything asked before is answered. */
async function inTurn(text: string): Promise<StripReply> {
  lane.waiting++;
  clearTimeout(lane.idle);
  const reply = lane.tail.then(() => ask(text));
  lane.tail = reply.catch(() => {});
  try {
    return await reply;
  } finally {
    lane.waiting--;
    if (lane.waiting === 0 && lane.worker) {
      lane.idle = setTimeout(() => endWorker(new Fault("closed")), IDLE_MS);
    }
  }
}

function accept(path: string, reply: StripReply): string {
  switch (reply.kind) {
    case "stripped":
      return reply.text;
    case "refused":
      throw new Fault(
        "unsupported",
        `${printable(path)}:${reply.line}:${reply.column}: ${printable(reply.message)}`,
      );
    case "broken":
      throw new Fault(
        "unsupported",
        `${printable(path)} is nested too deeply, or too complex, to strip its types`,
      );
  }
}

async function ask(text: string): Promise<StripReply> {
  if (lane.users === 0) throw new Fault("closed");
  lane.worker ??= new StripWorker();
  const worker = lane.worker;
  const reply = await worker.ask({ text, timeoutMs: STRIP_MS });
  if (reply.kind === "broken" && lane.worker === worker) endWorker(new Fault("closed"));
  return reply;
}

function endWorker(reason: Fault): void {
  clearTimeout(lane.idle);
  const worker = lane.worker;
  lane.worker = undefined;
  worker?.end(reason);
}

const STRIP_WORKER = new URL("./strip_worker.ts", import.meta.url);

/** Deno flags that stripping types from these files needs of the host process. */
export function stripPermissions(files: readonly string[]): readonly string[] {
  return files.some(isTypeScript) ? entryPermissions(STRIP_WORKER, ["."]) : [];
}

/** One worker, asked one thing at a time. */
class StripWorker {
  readonly #worker: Worker;
  readonly #ready: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  #pending: PromiseWithResolvers<StripReply> | undefined;

  constructor() {
    this.#ready.promise.catch(() => {});
    this.#worker = spawnTrusted(STRIP_WORKER, "airlock strip", () => this.#break());
    this.#worker.onmessage = ({ data }: MessageEvent<StripReply | "ready">) => {
      if (data === "ready") this.#ready.resolve();
      else this.#pending?.resolve(data);
    };
  }

  /** Always answers within the time limit. */
  async ask(request: StripRequest): Promise<StripReply> {
    const pending = this.#pending = Promise.withResolvers<StripReply>();
    pending.promise.catch(() => {});
    const stuck = setTimeout(() => this.#break(), STUCK_MS);
    try {
      await Promise.race([this.#ready.promise, pending.promise]);
      this.#worker.postMessage(request);
      return await pending.promise;
    } finally {
      clearTimeout(stuck);
    }
  }

  end(reason: Fault): void {
    this.#worker.terminate();
    this.#ready.reject(reason);
    this.#pending?.reject(reason);
  }

  #break(): void {
    this.#ready.resolve();
    this.#pending?.resolve({ kind: "broken" });
  }
}
