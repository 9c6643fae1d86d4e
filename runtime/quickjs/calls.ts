/** Calls in flight of one interpreted extension: what each waits for, and how it ended. @module */

import type { Call } from "../contract.ts";

/** How a call ended. */
export type Outcome =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly error: unknown };

/** One call that entered the guest. Number 0 is the load. */
export class ActiveCall {
  readonly id: number;
  readonly call: Call;
  /** Exists once an operation needs it: most calls ask for none. */
  #abort: AbortController | undefined;
  #outcome: Outcome | undefined;
  #wait: PromiseWithResolvers<Uint8Array> | undefined;

  constructor(id: number, call: Call) {
    this.id = id;
    this.call = call;
  }

  /** Fires when nobody waits for the call any more. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** Stops its operations. */
  abort(reason: unknown): void {
    this.#abort?.abort(reason);
  }

  /** How it ended; `undefined` while it has not. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Ends it; only the first time counts. */
  settle(outcome: Outcome): void {
    if (this.#outcome) return;
    this.#outcome = outcome;
    if (outcome.ok) this.#wait?.resolve(outcome.bytes);
    else this.#wait?.reject(outcome.error);
  }

  /** Its result, once it has ended. */
  result(): Uint8Array {
    if (!this.#outcome) throw new TypeError("Cannot take the result of a call that has not ended");
    if (this.#outcome.ok) return this.#outcome.bytes;
    throw this.#outcome.error;
  }

  /** Its result, now or later. */
  settled(): Promise<Uint8Array> {
    this.#wait ??= Promise.withResolvers<Uint8Array>();
    const outcome = this.#outcome;
    if (outcome?.ok) this.#wait.resolve(outcome.bytes);
    else if (outcome) this.#wait.reject(outcome.error);
    return this.#wait.promise;
  }
}

/** Timers of a realm. They run down only while a call is in flight: between calls the guest stands still. */
export class RealmTimers {
  readonly #due = new Map<number, { readonly at: number; readonly owner: number }>();
  readonly #onDue: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onDue` runs when a timer is due and somebody waits. */
  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  get pending(): boolean {
    return this.#due.size > 0;
  }

  /** Starts timer `id`, set during call `owner`. */
  add(id: number, ms: number, owner: number): void {
    this.#due.set(id, { at: performance.now() + ms, owner });
  }

  delete(id: number): void {
    this.#due.delete(id);
  }

  /** Takes the timer that was due first, if one is. */
  takeDue(): { readonly id: number; readonly owner: number } | undefined {
    const next = this.#next();
    if (!next || next.at > performance.now()) return undefined;
    this.#due.delete(next.id);
    return { id: next.id, owner: next.owner };
  }

  /** Arms the host's one timer for the next that is due. */
  arm(): void {
    this.disarm();
    const next = this.#next();
    if (next) this.#timer = setTimeout(this.#onDue, Math.max(0, next.at - performance.now()));
  }

  disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #next(): { readonly id: number; readonly at: number; readonly owner: number } | undefined {
    let first: { readonly id: number; readonly at: number; readonly owner: number } | undefined;
    for (const [id, timer] of this.#due) {
      if (!first || timer.at < first.at) first = { id, ...timer };
    }
    return first;
  }
}
