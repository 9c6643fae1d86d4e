/**
 * Values of a database as extensions get them. In the exact form, where no column is named, an INTEGER
 * and a REAL of the same value can be told apart.
 *
 * @module
 */

import { SqlFailure, type SqlValue } from "../../sql_database.ts";

/** Counted for each value beside its bytes: a million empty ones are not free. */
export const VALUE_COST = 8;

/** An INTEGER as a number, where that is exact: a silently rounded key is another row's. */
export function integerValue(value: bigint, column: string | undefined): SqlValue {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  if (column === undefined) return { integer: String(value) };
  throw new SqlFailure(
    "sql",
    `column "${column}" holds an integer that is no exact number: cast it to TEXT`,
  );
}

/** A REAL. */
export function realValue(value: number, column: string | undefined): SqlValue {
  return column === undefined ? { real: value } : value;
}
