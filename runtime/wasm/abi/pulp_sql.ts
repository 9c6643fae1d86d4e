/** What Pulp cells import to keep a database. @module */

import type { HostValue } from "../../../capabilities/capability.ts";
import type { HostFunction } from "./contract.ts";
import { Code, CODES, type HandingCodes, type PulpDoor } from "./pulp_door.ts";
import { Float, type Packable, packMsgpack } from "./pulp_msgpack.ts";

const FAILED = 5;
const HANDING: HandingCodes = { absent: 7, failed: 7, unwritable: 8 };
const TYPE = "(i32, i32, i32, i32, i32, i32) -> i32";
const LARGEST = 2n ** 63n - 1n;
const SMALLEST = -(2n ** 63n);

/** The functions; where a database is not granted they answer at once. */
export function sqlImports(door: PulpDoor): { readonly [name: string]: HostFunction } {
  const statement = (operation: string, answerOf: (value: Answer) => Packable): HostFunction =>
    door.later(
      TYPE,
      operation,
      async (
        signal,
        sqlPtr = 0,
        sqlLen = 0,
        listPtr = 0,
        listLen = 0,
        ptrOut = 0,
        lenOut = 0,
      ) => {
        const sql = door.text(sqlPtr, sqlLen);
        const params = door.list(listPtr, listLen).map((value) => paramOf(value));
        const args = { sql, params, exact: true };
        const answer = await door.askLater(operation, args, { failed: FAILED, signal });
        const bytes = packMsgpack(answerOf(answer as Answer));
        if (!door.fits(bytes)) throw new Code(FAILED);
        door.hand(bytes, ptrOut, lenOut, HANDING);
      },
    );
  return {
    sqlite_exec: statement("sqlite.exec", ({ rowsAffected, lastInsertId }) => ({
      rows_affected: typeof rowsAffected === "number" ? rowsAffected : 0,
      last_insert_id: typeof lastInsertId === "number" ? lastInsertId : 0,
    })),
    sqlite_query: statement("sqlite.query", ({ columns, rows }) => {
      const found = Array.isArray(rows) ? rows as readonly (readonly HostValue[])[] : [];
      return {
        columns: columns as readonly string[],
        rows: found.length === 0 ? null : found.map((row) => row.map((value) => cellOf(value))),
      };
    }),
  };
}

type Answer = { readonly [key: string]: HostValue };

/** A value of a cell as SQL takes it: its integers stay integers, its floats REAL. */
function paramOf(value: unknown): HostValue {
  if (value instanceof Float) return { real: value.value };
  if (typeof value === "bigint") {
    if (value > LARGEST || value < SMALLEST) throw new Code(CODES.malformed);
    return { integer: String(value) };
  }
  const isPlain = value === null || typeof value !== "object" || value instanceof Uint8Array;
  if (!isPlain) throw new Code(CODES.malformed);
  return value as HostValue;
}

/** A value of SQL as cells take it. */
function cellOf(value: HostValue): Packable {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : new Float(value);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const { real, integer } = value as Answer;
  if (typeof real === "number") return new Float(real);
  return typeof integer === "string" ? BigInt(integer) : null;
}
