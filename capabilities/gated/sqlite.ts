/** `sqlite`: one SQL database for each extension, whose queries can always be stopped. @module */

import { join } from "@std/path";
import type { Json, JsonObject } from "../../manifest/manifest.ts";
import { ArgumentReader, smallerOf } from "../arguments.ts";
import { type Capability, defineCapability, type HostValue } from "../capability.ts";
import type { OperationArgs, OperationContext } from "../capability.ts";
import { CapabilityError, OperationError } from "../errors.ts";
import { formatGrantOf } from "../parse_grant.ts";
import type { Powers } from "../powers.ts";
import {
  paramsOf,
  type SqlDatabase,
  SqlFailure,
  sqlOf,
  type SqlProvider,
} from "../sql_database.ts";
import { tableKey, type TableRight, type TableRights } from "../sql_rules.ts";

/** How the databases of a host are kept. */
export interface SqliteOptions {
  /** Opens databases instead of the built-in one, which keeps `data.db` in the extension's own directory. */
  readonly provider?: SqlProvider;
  /** Milliseconds of one request, within the time of its call; default: 5,000. */
  readonly requestMs?: number;
  /** Rows of one answer; default: 10,000. */
  readonly rows?: number;
  /** Bytes of one answer; default: 8 MiB. */
  readonly answerBytes?: number;
  /** Bytes of one value; default: 2 MiB. */
  readonly valueBytes?: number;
  /** Bytes of memory of one database's engine; default: 64 MiB. */
  readonly memoryBytes?: number;
}

const MIB = 1024 * 1024;

/** Each cap that nobody set. The comment names the attack it stops. */
const DEFAULTS: Required<Omit<SqliteOptions, "provider">> = Object.freeze({
  // a cross join without end
  requestMs: 5_000,
  // an answer that the host would have to hold
  rows: 10_000,
  answerBytes: 8 * MIB,
  // zeroblob(1e9)
  valueBytes: 2 * MIB,
  // a sort of everything with everything
  memoryBytes: 64 * MIB,
});

const CAPS = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];

/** Bytes of a database whose grant names none: a disk that is filled. */
const DEFAULT_DATABASE_BYTES = 64 * MIB;

/** What was granted. */
interface SqliteGrant {
  readonly tables: TableRights;
  readonly bytes: number | undefined;
}

type Context = OperationContext<SqliteGrant, SqlDatabase>;

function tablesOf(args: JsonObject): { readonly [table: string]: Json } | undefined {
  const { tables } = args;
  return typeof tables === "object" && tables !== null && !Array.isArray(tables)
    ? tables as { readonly [table: string]: Json }
    : undefined;
}

function parse(args: JsonObject) {
  const { tables: _, ...others } = args;
  const reader = new ArgumentReader(others);
  const bytes = reader.positiveInteger("bytes");
  const result = reader.result<SqliteGrant>({ tables: rightsOf(tablesOf(args)), bytes });
  const problems = [...result.ok ? [] : result.problems, ...tableProblems(args)];
  return problems.length === 0 ? result : { ok: false as const, problems };
}

function tableProblems(args: JsonObject): readonly { path: string; message: string }[] {
  if (!Object.hasOwn(args, "tables")) return [];
  const tables = tablesOf(args);
  if (!tables) return [{ path: "tables", message: 'must be a record as in {"notes": "rw"}' }];
  const entries = Object.entries(tables);
  if (entries.length === 0) {
    return [{ path: "tables", message: "must not be empty: leave it out instead" }];
  }
  const seen = new Set<string>();
  return entries.flatMap(([table, right]) => {
    const path = `tables.${table}`;
    const key = tableKey(table);
    if (right !== "r" && right !== "rw") return [{ path, message: 'must be "r" or "rw"' }];
    if (key === "" || /^sqlite_/.test(key) || /\p{Cc}/u.test(key)) {
      return [{ path, message: "is no table of an extension" }];
    }
    if (seen.has(key)) return [{ path, message: "is there twice: SQL does not tell case apart" }];
    seen.add(key);
    return [];
  });
}

function rightsOf(tables: { readonly [table: string]: Json } | undefined): TableRights {
  if (!tables) return undefined;
  return new Map(
    Object.entries(tables).map(([table, right]) => [tableKey(table), right as TableRight]),
  );
}

/** Tables in both, each with the lesser right. */
function intersect(asked: JsonObject, granted: JsonObject): JsonObject | undefined {
  const bytes = smallerOf("bytes", asked, granted);
  const [a, b] = [tablesOf(asked), tablesOf(granted)];
  const rights = rightsOf(b);
  if (!a || !rights) return { ...bytes, ...a || b ? { tables: (a ?? b) as JsonObject } : {} };
  const both = Object.entries(a).flatMap(([table, right]) => {
    const other = rights.get(tableKey(table));
    return other ? [[table, right === "r" ? "r" : other]] : [];
  });
  return both.length === 0 ? undefined : { ...bytes, tables: Object.fromEntries(both) };
}

/**
 * Keeps a database for each extension, with the power over files; or asks an embedder's provider.
 *
 * @throws {RangeError} when an option is not positive.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, openBroker, resolveGrants } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const grants = resolveGrants({
 *   extension: "notes",
 *   asks: [{ name: "sqlite", args: { tables: { notes: "rw" } }, optional: false, reason: "" }],
 *   granted: { sqlite: true },
 *   registry: new CapabilityRegistry(),
 * });
 * const storage = await Deno.makeTempDir();
 * const extension = { name: "notes", version: "1.0.0", digest: "" };
 * {
 *   await using broker = await openBroker({ extension, grants, storage });
 *   const { call } = broker.calls;
 *   await call("sqlite.exec", { sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)" });
 *   const changed = await call("sqlite.exec", {
 *     sql: "INSERT INTO notes (text) VALUES (?), (?)",
 *     params: ["milk", "bread"],
 *   });
 *   assertEquals(changed, { rowsAffected: 2, lastInsertId: 2 });
 *   const found = await call("sqlite.query", { sql: "SELECT * FROM notes WHERE id = 2" });
 *   assertEquals(found, { columns: ["id", "text"], rows: [[2, "bread"]] });
 * }
 * await Deno.remove(storage, { recursive: true });
 * ```
 */
export function sqliteCapability(
  power: Pick<Powers, "sqlite" | "storage">,
  options: SqliteOptions = {},
): Capability<SqliteGrant, SqlDatabase> {
  const caps = { ...DEFAULTS, ...options };
  for (const name of CAPS) {
    if (caps[name] > 0) continue;
    throw new RangeError(
      `Cannot keep databases as ${name} must be positive: current value is ${caps[name]}`,
    );
  }
  const provider = options.provider ?? fileProvider(power, caps);

  async function run(
    operation: "exec" | "query",
    { sql, params, readOnly, exact }: OperationArgs,
    { state, signal = NEVER, deadline = Infinity, extension }: Context,
  ): Promise<HostValue> {
    const request = {
      operation,
      sql: sqlOf(sql),
      params: paramsOf(params),
      ...readOnly === true ? { readOnly } : {},
      ...exact === true ? { exact } : {},
    };
    const limit = Math.min(deadline, performance.now() + caps.requestMs);
    try {
      return { ...await state.run(request, { signal, deadline: limit }) };
    } catch (error) {
      if (error instanceof SqlFailure) throw failure(error, extension.name);
      throw error;
    }
  }

  function failure({ kind, message, refusal }: SqlFailure, extension: string): Error {
    const reason = `Cannot run the SQL as ${message}`;
    switch (kind) {
      case "refused": {
        if (refusal?.kind !== "table") {
          const what = refusal ? `${refusal.feature} is not allowed to extensions` : message;
          return new OperationError("not-possible", `Cannot run the SQL as ${what}`);
        }
        const args = { tables: { [refusal.table]: refusal.right } };
        const grant = formatGrantOf(sqlite as unknown as Capability, args);
        return new CapabilityError("denied", { extension, capability: "sqlite", grant });
      }
      case "quota":
        return new CapabilityError(
          "quota",
          { extension, capability: "sqlite", grant: "" },
          { reason },
        );
      case "timeout":
        return new DOMException(reason, "TimeoutError");
      default:
        return new OperationError(kind === "sql" ? "not-possible" : "unavailable", reason);
    }
  }

  const sqlite: Capability<SqliteGrant, SqlDatabase> = defineCapability<SqliteGrant, SqlDatabase>({
    name: "sqlite",
    aliases: ["storage.sqlite", "db"],
    summary: "keep a SQL database of its own",
    parse,
    intersect,
    operations: {
      /**
       * Runs statements that change something. `params` is a list for `?`, or a record for `:name`.
       * Answers `{ rowsAffected, lastInsertId }`. One connection: BEGIN … COMMIT spans calls.
       */
      exec: { params: ["sql", "params"], call: (args, context) => run("exec", args, context) },
      /**
       * Runs one statement and answers `{ columns, rows }`, rows as lists: TEXT is a string, BLOB bytes,
       * NULL null, REAL and INTEGER a number; an INTEGER beyond ±2^53 fails: cast it to TEXT. With
       * `readOnly` a statement that would change anything is refused. With `exact` a REAL is `{ real }` and
       * such an INTEGER `{ integer }`, in decimal; params may be so always.
       */
      query: {
        params: ["sql", "params", "readOnly", "exact"],
        call: (args, context) => run("query", args, context),
      },
    },
    denoPermissions: (_grant, storage) =>
      options.provider || storage === undefined ? [] : power.sqlite.permissions(storage),
    setup: ({ extension, grant, services }) =>
      provider.open({ extension, services, tables: grant.tables, maxBytes: grant.bytes }),
    teardown: (database) => database.close(),
  });
  return sqlite;
}

/** The signal of a request that nobody stops. */
const NEVER = new AbortController().signal;

/** Bytes that seed SQLite's random numbers. */
const SEED_BYTES = 64;

/** Keeps `data.db` in each extension's own directory. */
function fileProvider(
  { sqlite, storage }: Pick<Powers, "sqlite" | "storage">,
  { requestMs, memoryBytes, rows, answerBytes, valueBytes }: typeof DEFAULTS,
): SqlProvider {
  return {
    async open({ tables, maxBytes, services }) {
      const directory = services.storage;
      if (directory === undefined) {
        const message =
          "Cannot keep a database as this host keeps no files of extensions: it needs a storage root";
        const refuse = () => Promise.reject(new OperationError("unavailable", message));
        return { run: refuse, close: () => Promise.resolve() };
      }
      await storage.makeDirectories(directory);
      const seed = new Uint8Array(SEED_BYTES);
      services.randomFill(seed);
      const open = services.trustedSql ? sqlite.openTrusted : sqlite.open;
      return open({
        path: join(directory, "data.db"),
        tables: tables && [...tables],
        limits: {
          databaseBytes: maxBytes ?? DEFAULT_DATABASE_BYTES,
          valueBytes,
          rows,
          answerBytes,
        },
        memoryBytes,
        seed,
        requestMs,
        now: () => services.now(),
      });
    },
  };
}
