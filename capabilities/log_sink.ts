/** Where log records of extensions go, and the default place: standard error, one safe line each. @module */

import { escapeControls } from "./escape.ts";
import { powers } from "./powers.ts";

/** How urgent a log record is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** The levels from the least urgent to the most. */
export const LOG_LEVELS: readonly LogLevel[] = Object.freeze(["debug", "info", "warn", "error"]);

/** One thing an extension, or the host on its behalf, had to say. */
export interface LogRecord {
  /** Name of the extension. */
  readonly extension: string;
  /** How urgent it is. */
  readonly level: LogLevel;
  /** Untrusted text: escape it before it is shown. */
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** Takes log records, at once. */
export type LogSink = (record: LogRecord) => void;

/**
 * A record as one line of text: nothing in it can steer a terminal or look like another line.
 *
 * @example
 * ```ts
 * import { formatLogRecord } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const record = { extension: "notes", level: "warn", message: "full\n", time: 0 } as const;
 * assertEquals(formatLogRecord(record), "warn [notes] full\\u{a}");
 * ```
 */
export function formatLogRecord({ extension, level, message }: LogRecord): string {
  return `${level} [${escapeControls(extension)}] ${escapeControls(message)}`;
}

/**
 * The default sink: each record as one line on standard error, or wherever `write` writes.
 *
 * @example
 * ```ts
 * import { standardErrorLog } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const log = standardErrorLog((text) => lines.push(text));
 * log({ extension: "notes", level: "info", message: "ready", time: 0 });
 * assertEquals(lines, ["info [notes] ready\n"]);
 * ```
 */
export function standardErrorLog(write: (text: string) => void = powers.writeError): LogSink {
  return (record) => write(`${formatLogRecord(record)}\n`);
}
