/** Asking an operator for what an extension wants and nobody has decided: the question, the answers, the desk. @module */

import type { JsonObject } from "../manifest/manifest.ts";
import { abortable } from "./abortable.ts";

/** One capability that an extension asks for and nobody granted or refused. */
export interface CapabilityRequest {
  /** The manifest's name: a label, chosen by a stranger. */
  readonly extension: string;
  /** The manifest's version; untrusted text. */
  readonly version: string;
  /** `sha256-` digest over the manifest and every file: what the decision is about. */
  readonly digest: string;
  /** The path or name it is loaded from. */
  readonly source: string;
  /** Canonical name of the capability. */
  readonly capability: string;
  /** What the capability allows, in the host's words. */
  readonly summary: string;
  /** What exactly is asked for; empty: whatever is granted. */
  readonly args: JsonObject;
  /** Whether it has to be said what is granted, because `args` does not. */
  readonly needsArguments: boolean;
  /** Whether the extension can do without it. */
  readonly optional: boolean;
  /** The extension's own reason; untrusted text. */
  readonly reason: string;
  /** The value of `--grant` that would allow it. */
  readonly grant: string;
  /** Whether the answer can be kept: there is a place for it, and the digest tells the code apart. */
  readonly rememberable: boolean;
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * The answer: `once` grants exactly what is asked for this load, `no` refuses it, `always` and `never` are
 * remembered too, where the host remembers. An object grants the arguments in it.
 */
export type RequestDecision =
  | "once"
  | "no"
  | "always"
  | "never"
  | { readonly args: JsonObject; readonly remember: boolean };

/** Decides a request. */
export type RequestHandler = (
  request: CapabilityRequest,
) => RequestDecision | Promise<RequestDecision>;

/** Milliseconds an operator has to answer: nobody there means no. */
const REQUEST_MS = 60_000;

/** Asks one question at a time: two on one terminal would be answered for each other. */
export class RequestDesk {
  readonly #handler: RequestHandler;
  readonly #timeoutMs: number;
  #last: Promise<unknown> = Promise.resolve();

  /** `timeoutMs` is for each question from when it is shown. */
  constructor(handler: RequestHandler, timeoutMs: number = REQUEST_MS) {
    this.#handler = handler;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The operator's answer; `no` when there is none in time.
   *
   * @throws what the handler throws, `signal.reason`, or a TypeError for an answer that is none.
   */
  async ask(
    request: Omit<CapabilityRequest, "signal">,
    signal: AbortSignal | undefined,
  ): Promise<RequestDecision> {
    const turn = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = before.then(() => turn.promise);
    try {
      await (signal ? abortable(before, signal) : before);
      return await this.#ask(request, signal);
    } finally {
      turn.resolve();
    }
  }

  async #ask(
    request: Omit<CapabilityRequest, "signal">,
    signal: AbortSignal | undefined,
  ): Promise<RequestDecision> {
    const over = new AbortController();
    const late = new DOMException("nobody answered in time", "TimeoutError");
    const timer = setTimeout(() => over.abort(late), this.#timeoutMs);
    const abort = () => over.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const asked = Object.freeze({ ...request, signal: over.signal });
      const answer = new Promise<RequestDecision>((resolve) => resolve(this.#handler(asked)));
      return checked(await abortable(answer, over.signal));
    } catch (error) {
      if (over.signal.aborted && over.signal.reason === late) return "no";
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      // whoever still shows the question takes it away
      over.abort(late);
    }
  }
}

const WORDS: ReadonlySet<unknown> = new Set(["once", "no", "always", "never"]);

/** A handler is not always typed: what is no answer must not become one. */
function checked(answer: unknown): RequestDecision {
  if (WORDS.has(answer)) return answer as RequestDecision;
  if (typeof answer === "object" && answer !== null && "args" in answer && "remember" in answer) {
    const { args, remember } = answer;
    const isArgs = typeof args === "object" && args !== null && !Array.isArray(args);
    if (isArgs && typeof remember === "boolean") return { args: args as JsonObject, remember };
  }
  throw new TypeError(
    'Cannot decide a request as the answer must be "once", "no", "always", "never" or { args, remember }',
  );
}
