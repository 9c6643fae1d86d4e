/** Several calls, or several results, as one message: each crossing costs more than a small call. @module */

import { type Head, headNumber, headText, type Message, message, WireError } from "./wire.ts";

/** A call on its way to the guest. */
export interface CallRequest {
  readonly id: number;
  readonly fn: string;
  readonly budgetMs: number;
  /** Whether the payload is a list, and `fn` is to be called with each entry. */
  readonly each: boolean;
  readonly payload: string;
}

/** A result on its way back. */
export interface CallResult {
  readonly id: number;
  readonly body: string;
}

/** UTF-16 units of text that are bundled: what is longer gains nothing, and a frame has its limit. */
export const BUNDLE_UNITS: number = 16 * 1024;

/** Most entries of a bundle: its header must stay small. */
export const BUNDLE_ENTRIES = 256;

/** One message for `calls`; there is at least one. */
export function callMessage(calls: readonly CallRequest[]): Message {
  const [first] = calls;
  if (calls.length === 1 && first) {
    const { id, fn, budgetMs, each, payload } = first;
    return message("call", id, each ? { fn, budgetMs, each } : { fn, budgetMs }, payload);
  }
  return message(
    "calls",
    0,
    {
      ids: calls.map(({ id }) => id),
      fns: calls.map(({ fn }) => fn),
      budgets: calls.map(({ budgetMs }) => budgetMs),
      lengths: calls.map(({ payload }) => payload.length),
    },
    calls.map(({ payload }) => payload).join(""),
  );
}

/**
 * The calls in a message.
 *
 * @throws {WireError} when it is malformed.
 */
export function callsOf({ type, id, head, body }: Message): readonly CallRequest[] {
  if (type === "call") {
    const call = { fn: headText(head, "fn"), budgetMs: headNumber(head, "budgetMs") };
    return [{ id, ...call, each: head.each === true, payload: body }];
  }
  const { fns, budgets } = head;
  if (!Array.isArray(fns) || !Array.isArray(budgets)) throw malformed();
  return cut(head, body).map(({ id, body }, i) => {
    const fn: unknown = fns[i];
    const budgetMs: unknown = budgets[i];
    if (typeof fn !== "string" || typeof budgetMs !== "number") throw malformed();
    return { id, fn, budgetMs, each: false, payload: body };
  });
}

/** One message for `results`; there is at least one. */
export function resultMessage(results: readonly CallResult[]): Message {
  const [first] = results;
  if (results.length === 1 && first) return message("result", first.id, undefined, first.body);
  return message(
    "results",
    0,
    { ids: results.map(({ id }) => id), lengths: results.map(({ body }) => body.length) },
    results.map(({ body }) => body).join(""),
  );
}

/**
 * The results in a message.
 *
 * @throws {WireError} when it is malformed.
 */
export function resultsOf({ type, id, head, body }: Message): readonly CallResult[] {
  return type === "result" ? [{ id, body }] : cut(head, body);
}

/** Cuts the texts of a bundle apart. */
function cut({ ids, lengths }: Head, body: string): readonly CallResult[] {
  if (!Array.isArray(ids) || !Array.isArray(lengths) || ids.length !== lengths.length) {
    throw malformed();
  }
  let at = 0;
  const parts = ids.map((id: unknown, i) => {
    const length: unknown = lengths[i];
    if (typeof id !== "number" || !isLength(length, body.length - at)) throw malformed();
    return { id, body: body.slice(at, at += length) };
  });
  if (at !== body.length) throw malformed();
  return parts;
}

function isLength(value: unknown, left: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= left;
}

function malformed(): WireError {
  return new WireError("a bundle is malformed");
}
