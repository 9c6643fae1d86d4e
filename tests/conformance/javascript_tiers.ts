/**
 * In what the JavaScript tiers differ, as data: the suite beside this file proves every cell, and
 * tools/javascript_table.ts prints them into docs/javascript.md.
 *
 * @module
 */

/** The tiers, the least confined first. */
export const TIERS: readonly TierName[] = ["native", "quickjs", "worker", "process"];

/** Name of a tier. */
export type TierName = "native" | "quickjs" | "worker" | "process";

/** What they differ in. */
export type DifferenceName =
  | "crowd"
  | "empty"
  | "list"
  | "loop"
  | "memory"
  | "nothing"
  | "operations"
  | "payload"
  | "sync"
  | "syntax"
  | "timeout"
  | "unsettled";

/** One question, and what each tier answers. */
export interface Difference {
  /** As the table in the docs asks it. */
  readonly question: string;
  readonly answers: { readonly [tier in TierName]: string };
}

/** The same answer for every tier but the native one. */
function guests(native: string, answer: string): Difference["answers"] {
  return { native, quickjs: answer, worker: answer, process: answer };
}

/** Every difference; what is not here is the same in all tiers. */
export const DIFFERENCES: { readonly [name in DifferenceName]: Difference } = {
  payload: {
    question: "bytes that are no JSON",
    answers: guests("taken as they are", "`bad-payload`"),
  },
  empty: {
    question: "an empty payload is",
    answers: { native: "`undefined`", quickjs: "`undefined`", worker: "`null`", process: "`null`" },
  },
  nothing: {
    question: "a function without a result gives",
    answers: { native: "nothing", quickjs: "nothing", worker: "`null`", process: "`null`" },
  },
  sync: {
    question: "`invokeSync`",
    answers: { native: "yes", quickjs: "yes", worker: "`needs-async`", process: "`needs-async`" },
  },
  operations: {
    question: "operations that need not wait answer",
    answers: guests("at once", "through a promise, but for log, clock and random"),
  },
  crowd: {
    question: "calls at a time",
    answers: guests("as many as are made", "`limits.concurrency`, the rest waits"),
  },
  timeout: {
    question: "a call that waits too long",
    answers: {
      native: "`timeout`; the guest lives on",
      quickjs: "`timeout`; the guest lives on",
      worker: "`timeout`; a new guest",
      process: "`timeout`; a new guest",
    },
  },
  unsettled: {
    question: "a promise that nothing can settle",
    answers: {
      native: "`timeout` at the deadline",
      quickjs: "`timeout` at once",
      worker: "`timeout` at the deadline",
      process: "`timeout` at the deadline",
    },
  },
  loop: {
    question: "an endless loop",
    answers: guests("stops the host", "`timeout`; others in flight `lost`; a new guest"),
  },
  syntax: {
    question: "a file that cannot be parsed",
    answers: {
      native: "is an error of the host program",
      quickjs: "`guest-error`",
      worker: "`bad-guest-data`",
      process: "`bad-guest-data`",
    },
  },
  memory: {
    question: "`memorySize`",
    answers: { native: "0", quickjs: "the heap's bytes", worker: "0", process: "0" },
  },
  list: {
    question: "`callAll`",
    answers: guests("one call for each entry", "one call for the list"),
  },
};
