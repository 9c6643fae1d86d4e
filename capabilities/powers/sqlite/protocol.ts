/** What the two ends of a database's worker say to each other: types only. @module */

import type { SqlChange, SqlFailureKind, SqlRequest, SqlRows } from "../../sql_database.ts";
import type { SqlRefusal } from "../../sql_rules.ts";
import type { SqliteSettings } from "../sqlite.ts";

/** The first message to a worker. */
export interface OpenMessage extends Omit<SqliteSettings, "requestMs" | "now"> {
  readonly type: "open";
  /** One 32-bit number: other than 0, the running request has to end. */
  readonly stop: SharedArrayBuffer;
}

/** One request; the next comes after its reply. */
export interface RunMessage {
  readonly type: "run";
  readonly request: SqlRequest;
  /** Milliseconds it may run. */
  readonly timeoutMs: number;
  /** What SQL takes for the time, in milliseconds since the epoch. */
  readonly now: number;
}

/** The last message: the worker closes the database and ends. */
export interface CloseMessage {
  readonly type: "close";
}

export type ToWorker = OpenMessage | RunMessage | CloseMessage;

export type FromWorker =
  | { readonly type: "done"; readonly answer: SqlRows | SqlChange }
  | {
    readonly type: "failed";
    readonly kind: SqlFailureKind;
    readonly message: string;
    readonly refusal: SqlRefusal | undefined;
  }
  | { readonly type: "closed" };
