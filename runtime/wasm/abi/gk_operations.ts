/** What the host calls of GoatKit plugins become where no embedder answers them: operations of capabilities. @module */

import type { HostValue, OperationArgs } from "../../../capabilities/capability.ts";
import {
  cacheAnswer,
  configAnswer,
  type GkCallName,
  GkRequestError,
  type GkRequests,
  httpAnswer,
} from "./gk_calls_json.ts";
import { EMAIL } from "./gk_permissions.ts";
import { sendableHeaders } from "./header_names.ts";

/** How one host call is answered. `Raw` bytes are the answer as they are; anything else is JSON. */
export interface GkOperation<Request> {
  /** `capability.operation`. */
  readonly operation: string;
  /** Its arguments. */
  readonly args: (request: Request, may: GkMay) => OperationArgs;
  /** What the plugin is told of its result. */
  readonly answer: (result: HostValue) => unknown;
}

/** What the plugin may do beside the call itself. */
export interface GkMay {
  /** Whether it may change the database. */
  readonly write: boolean;
}

/** Milliseconds of one request. */
const HTTP_MS = 30_000;

type Operations = {
  readonly [Name in Exclude<GkCallName, "translate">]: GkOperation<GkRequests[Name]>;
};

/** The table. `translate` is not in it: the plugin's own registration answers that. */
export const GK_OPERATIONS: Operations = Object.freeze<Operations>({
  db_query: {
    operation: "sqlite.query",
    args: ({ query, args }, { write }) => ({
      sql: query,
      params: args,
      readOnly: !write,
      exact: true,
    }),
    answer: (result) => rowsOf(recordOf(result)),
  },
  db_exec: {
    operation: "sqlite.exec",
    args: ({ query, args }) => ({ sql: query, params: args }),
    answer: (result) => ({ affected: numberOf(recordOf(result)["rowsAffected"]) }),
  },
  cache_get: {
    operation: "kv.get",
    args: ({ key }) => ({ key }),
    answer: (result) => cacheAnswer(result instanceof Uint8Array ? result : null),
  },
  cache_set: {
    operation: "kv.set",
    args: ({ key, value, ttl }) => ({ key, value, ...ttl > 0 ? { ttl } : {} }),
    answer: done,
  },
  cache_delete: { operation: "kv.delete", args: ({ key }) => ({ key }), answer: done },
  http_request: {
    operation: "net.fetch",
    args: ({ method, url, headers, body }) => ({
      url,
      init: {
        method,
        headers: sendableHeaders(headers),
        timeoutMs: HTTP_MS,
        ...body.length > 0 ? { body } : {},
      },
    }),
    answer(result) {
      const { status, body } = recordOf(result);
      return httpAnswer(numberOf(status), body instanceof Uint8Array ? body : new Uint8Array(0));
    },
  },
  send_email: {
    operation: `${EMAIL}.send`,
    args({ to, subject, body, html }) {
      if (to === "") throw new GkRequestError('"to" must not be empty');
      return { to, subject, body, html };
    },
    answer: done,
  },
  config_get: {
    operation: "config.get",
    args: ({ key }) => ({ key }),
    answer: configAnswer,
  },
  plugin_call: {
    operation: "extensions.call",
    args: ({ plugin, function: fn, args }) => ({
      name: plugin,
      fn,
      payload: args === undefined ? "" : JSON.stringify(args),
    }),
    answer: (result) => result instanceof Uint8Array ? result : new Uint8Array(0),
  },
});

function done(): unknown {
  return { ok: true };
}

function recordOf(value: HostValue): { readonly [key: string]: HostValue } {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Uint8Array);
  return isRecord ? value as { readonly [key: string]: HostValue } : {};
}

function numberOf(value: HostValue): number {
  return typeof value === "number" ? value : 0;
}

/** Rows by column; `null` for none, as Go writes an empty list. BLOBs travel in base64. */
function rowsOf({ columns, rows }: { readonly [key: string]: HostValue }): unknown {
  const names = Array.isArray(columns) ? columns.map(String) : [];
  if (!Array.isArray(rows) || rows.length === 0) return null;
  return rows.map((row) =>
    // Own members even where a column is named "__proto__".
    Object.fromEntries(names.map((name, at) => [name, jsonOf(Array.isArray(row) ? row[at] : null)]))
  );
}

/** JSON that `JSON.stringify` writes as it is; no other way writes an integer beyond 2^53. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

function jsonOf(value: HostValue): unknown {
  if (value instanceof Uint8Array) return value.toBase64();
  const { real, integer } = recordOf(value);
  if (typeof integer === "string") return rawJSON(integer);
  return real ?? value ?? null;
}
