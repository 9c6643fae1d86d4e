/** SQLite's result codes, and what extensions are told of them: the same words from either engine. @module */

import { SqlFailure } from "../../sql_database.ts";
import type { SqlRefusal } from "../../sql_rules.ts";
import type { SqliteLimits } from "../sqlite.ts";

/** SQLite's primary result codes, as far as they are told apart. */
export const CODE = {
  OK: 0,
  ERROR: 1,
  BUSY: 5,
  NO_MEMORY: 7,
  INTERRUPTED: 9,
  IO_ERROR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANNOT_OPEN: 14,
  TOO_BIG: 18,
  NOT_ALLOWED: 23,
  NOT_A_DATABASE: 26,
  ROW: 100,
  DONE: 101,
} as const;

/** What the primary `code` means whatever the statement was; `undefined` where it is about the statement. */
export function failureOfCode(
  code: number,
  { databaseBytes, valueBytes }: SqliteLimits,
): SqlFailure | undefined {
  switch (code) {
    case CODE.INTERRUPTED:
      return new SqlFailure("timeout", "it ran too long or was stopped");
    case CODE.FULL:
      return new SqlFailure("quota", `the database has ${databaseBytes} bytes at most`);
    case CODE.TOO_BIG:
      return new SqlFailure(
        "quota",
        `a value has more than ${valueBytes} bytes, or its text is too long`,
      );
    case CODE.BUSY:
      return new SqlFailure("busy", "somebody else has locked the database");
    case CODE.CORRUPT:
    case CODE.NOT_A_DATABASE:
      return new SqlFailure("broken", "the file is no database, or a damaged one");
    case CODE.CANNOT_OPEN:
    case CODE.IO_ERROR:
      return new SqlFailure("broken", "the file could not be read or written");
  }
  return undefined;
}

/** Throws where the rules refuse a statement. */
export function refuse(refusal: SqlRefusal | undefined): void {
  if (refusal) throw new SqlFailure("refused", "it is not allowed", refusal);
}
