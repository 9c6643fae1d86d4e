/** The `airlock` object that JavaScript guests see, operation by operation: types only. @module */

/** What goes through the boundary as bytes: bytes, or text that stands for its UTF-8 bytes. */
export type GuestBytes = Uint8Array | string;

/** A value that crosses: JSON, and bytes anywhere in it. */
export type GuestValue =
  | null
  | undefined
  | boolean
  | number
  | string
  | Uint8Array
  | readonly GuestValue[]
  | { readonly [name: string]: GuestValue };

/**
 * What an operation throws, or rejects with, when it is refused or fails. `name` is "AirlockError".
 *
 * @example
 * ```ts
 * import type { AirlockError } from "@airlock/host/guest";
 * import { assertEquals } from "@std/assert";
 *
 * function isRefusal(error: unknown): error is AirlockError {
 *   return error instanceof Error && error.name === "AirlockError";
 * }
 * assertEquals(isRefusal(new Error("mine")), false);
 * ```
 */
export interface AirlockError extends Error {
  /** Always the same. */
  readonly name: "AirlockError";
  /** Why: `denied`, `revoked`, `quota`, or what the operation itself says. */
  readonly code: string;
  /** Canonical name of the capability; empty where none refused. */
  readonly capability: string;
}

/** Writes to the host's log; answers at once. */
export interface GuestLog {
  /** Detail for whoever debugs. */
  debug(message: string): void;
  /** What goes as it should. */
  info(message: string): void;
  /** What may go wrong. */
  warn(message: string): void;
  /** What went wrong. */
  error(message: string): void;
  /** Any of them by name. */
  write(level: "debug" | "info" | "warn" | "error", message: string): void;
}

/** What time it is; answers at once. */
export interface GuestClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since a fixed moment; never goes back. */
  monotonic(): number;
}

/** Random bytes; answers at once. */
export interface GuestRandom {
  /** So many of them, at most 65,536 at a time. */
  bytes(length: number): Uint8Array;
}

/** Variables in memory, of this extension alone. */
export interface GuestVariables {
  /** The bytes under `key`, `null` when there are none. */
  get(key: string): Promise<Uint8Array | null>;
  /** Keeps bytes or text. */
  set(key: string, value: GuestBytes): Promise<undefined>;
  /** Whether there was one. */
  delete(key: string): Promise<boolean>;
  /** All names, sorted. */
  keys(): Promise<string[]>;
}

/** Tells the host what happened. */
export interface GuestEvents {
  /** Emits an event; kinds that the manifest does not declare are marked. */
  emit(kind: string, data?: GuestValue): Promise<undefined>;
}

/** A store of its own, where values may expire. */
export interface GuestKv {
  /** The bytes under `key`, `null` when there are none or they expired. */
  get(key: string): Promise<Uint8Array | null>;
  /** Keeps bytes or text for `ttl` seconds, or as long as the grant allows. */
  set(key: string, value: GuestBytes, ttl?: number): Promise<undefined>;
  /** Whether there was something. */
  delete(key: string): Promise<boolean>;
  /** Keys that start with `prefix`, sorted. */
  list(prefix?: string): Promise<string[]>;
}

/** Granted environment variables. */
export interface GuestEnv {
  /** The variable's value, `null` when it is not set. */
  get(name: string): Promise<string | null>;
  /** All granted ones that are set. */
  list(): Promise<{ readonly [name: string]: string }>;
}

/** Other extensions of the same host. */
export interface GuestExtensions {
  /** Calls a function of one; its result's bytes. */
  call(name: string, fn: string, payload?: GuestBytes): Promise<Uint8Array>;
}

/** An entry of a directory. */
export interface GuestFileEntry {
  /** Its name, without the directory. */
  readonly name: string;
  /** What it is. */
  readonly kind: "file" | "directory" | "link" | "other";
}

/** What is known of a file. */
export interface GuestFileFacts {
  /** What it is. */
  readonly kind: "file" | "directory" | "link" | "other";
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch; 0 where that is not known. */
  readonly mtime: number;
}

/** Files of its own, and granted ones. */
export interface GuestFiles {
  /** The file's bytes, `null` when nothing is there. */
  read(path: string): Promise<Uint8Array | null>;
  /** Makes bytes or text the whole content of the file, and the directories above it. */
  write(path: string, bytes: GuestBytes): Promise<undefined>;
  /** Removes a file or an empty directory; whether there was one. */
  delete(path: string): Promise<boolean>;
  /** What is in a directory, sorted; `null` when nothing is there. */
  list(path: string): Promise<GuestFileEntry[] | null>;
  /** What is known of a path; `null` when nothing is there. */
  stat(path: string): Promise<GuestFileFacts | null>;
}

/** How a request is sent. */
export interface GuestRequest {
  /** Default: GET. */
  readonly method?: string;
  /** By name. */
  readonly headers?: { readonly [name: string]: string };
  /** Not with GET and HEAD. */
  readonly body?: GuestBytes;
  /** Default: `follow`. */
  readonly redirect?: "follow" | "manual";
  /** Default: 10. */
  readonly maxRedirects?: number;
  /** Milliseconds; default: 30,000. */
  readonly timeoutMs?: number;
  /** Most bytes of a body; default: 16 MiB. */
  readonly responseBytes?: number;
}

/** What came back. */
export interface GuestResponse {
  /** The status code. */
  readonly status: number;
  /** What the server called it. */
  readonly statusText: string;
  /** Where it came from, after redirects. */
  readonly url: string;
  /** Whether there was a redirect. */
  readonly redirected: boolean;
  /** By name in lower case; several of one name are joined. */
  readonly headers: { readonly [name: string]: string };
  /** Each `set-cookie` header by itself. */
  readonly setCookies: readonly string[];
  /** All of it. */
  readonly body: Uint8Array;
}

/** HTTP requests to the granted hosts. */
export interface GuestNet {
  /** Sends one; any status is an answer. */
  fetch(url: string, init?: GuestRequest): Promise<GuestResponse>;
}

/** A program that has ended. */
export interface GuestProgramResult {
  /** Its exit code. */
  readonly code: number;
  /** What it wrote to standard output. */
  readonly stdout: Uint8Array;
  /** What it wrote to standard error. */
  readonly stderr: Uint8Array;
}

/** Granted programs. */
export interface GuestPrograms {
  /** Runs one, written as it was granted: a path, or a list of a path and its arguments. */
  start(
    command: string | readonly string[],
    options?: { readonly stdin?: GuestBytes; readonly timeoutMs?: number },
  ): Promise<GuestProgramResult>;
}

/** What a SQL parameter may be. `integer` and `real` are written in decimal. */
export type GuestSqlValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | { readonly integer: string }
  | { readonly real: number | string };

/** A list for `?`, or a record for `:name`. */
export type GuestSqlParams =
  | readonly GuestSqlValue[]
  | { readonly [name: string]: GuestSqlValue };

/** What a query found. */
export interface GuestRows {
  /** Their names. */
  readonly columns: readonly string[];
  /** Each row as a list, in the order of the columns. */
  readonly rows: readonly (readonly GuestSqlValue[])[];
}

/** A SQL database of its own. */
export interface GuestSqlite {
  /** Runs statements that change something. */
  exec(
    sql: string,
    params?: GuestSqlParams,
  ): Promise<{ readonly rowsAffected: number; readonly lastInsertId: number | null }>;
  /**
   * Runs one statement. With `readOnly` one that changes something is refused; with `exact` an integer
   * beyond ±2^53 is `{ integer }` and a REAL is `{ real }`.
   */
  query(
    sql: string,
    params?: GuestSqlParams,
    readOnly?: boolean,
    exact?: boolean,
  ): Promise<GuestRows>;
}

/** Requests at the host's address. */
export interface GuestHttpServe {
  /** Takes requests of `method` at `path`, where `:name` is any one segment; `handler` is called. */
  register(method: string, path: string, handler?: string): Promise<undefined>;
  /** Answers request `id`, once. */
  respond(
    id: number,
    status?: number,
    headers?:
      | { readonly [name: string]: string | readonly string[] }
      | readonly (readonly [string, string])[],
    body?: GuestBytes,
  ): Promise<undefined>;
}

/** WebSocket connections at the host's address. */
export interface GuestWsServe {
  /** Takes connections at `path`. */
  register(path: string, handler?: string): Promise<undefined>;
  /** Sends text or bytes; `opcode` 1 or 2 says which where that is not to be told. */
  send(connId: number, payload: GuestBytes, opcode?: 1 | 2): Promise<undefined>;
  /** Closes a connection. */
  close(connId: number, code?: number, reason?: string): Promise<undefined>;
}

/** Server-sent events at the host's address. */
export interface GuestSseServe {
  /** Takes subscribers at `path`. */
  register(path: string): Promise<undefined>;
  /** Tells every subscriber; how many it reached. */
  emit(path: string, data: string, event?: string, id?: string): Promise<number>;
}

/**
 * Everything an extension may ask its host: frozen, and only what was granted is there, so
 * `if (airlock.net)` is the test. An embedder's own capabilities lie beside the built-in ones.
 *
 * @example
 * ```ts
 * import type { Airlock } from "@airlock/host/guest";
 * import { assertEquals } from "@std/assert";
 *
 * interface Mail {
 *   send(to: string, text: string): Promise<undefined>;
 * }
 * async function greet(airlock: Airlock & { readonly mail?: Mail }, to: string) {
 *   await airlock.mail?.send(to, "hello");
 *   return airlock.mail !== undefined;
 * }
 * assertEquals(await greet({ config: {} } as Airlock, "ada"), false);
 * ```
 */
export interface Airlock {
  /** The manifest's configuration, under the operator's. */
  readonly config: { readonly [name: string]: GuestValue };
  /** Always there. */
  readonly log: GuestLog;
  /** Always there. */
  readonly clock: GuestClock;
  /** Always there. */
  readonly random: GuestRandom;
  /** Always there. */
  readonly var: GuestVariables;
  /** Always there. */
  readonly events: GuestEvents;
  /** Needs a grant of `kv`. */
  readonly kv?: GuestKv;
  /** Needs a grant of `env`. */
  readonly env?: GuestEnv;
  /** Needs a grant of `extensions`. */
  readonly extensions?: GuestExtensions;
  /** Needs a grant of `fs`. */
  readonly fs?: GuestFiles;
  /** Needs a grant of `net`. */
  readonly net?: GuestNet;
  /** Needs a grant of `run`. */
  readonly run?: GuestPrograms;
  /** Needs a grant of `sqlite`. */
  readonly sqlite?: GuestSqlite;
  /** Needs a grant of `http.serve`. */
  readonly http?: { readonly serve: GuestHttpServe };
  /** Needs a grant of `ws.serve`. */
  readonly ws?: { readonly serve: GuestWsServe };
  /** Needs a grant of `sse.serve`. */
  readonly sse?: { readonly serve: GuestSseServe };
}
