/** What a GoatKit plugin's permissions ask for, and which host calls they allow. @module */

import type { CapabilityAsk } from "./contract.ts";

/** What one permission of the host stands for. */
interface Right {
  readonly capability: string;
  /** Host calls that it allows. */
  readonly calls: readonly string[];
}

const RIGHTS: ReadonlyMap<string, Right> = new Map([
  ["db:read", { capability: "sqlite", calls: ["db_query"] }],
  ["db:write", { capability: "sqlite", calls: ["db_exec"] }],
  ["http:external", { capability: "net", calls: ["http_request"] }],
  ["events:emit", { capability: "events", calls: [] }],
  ["plugins:call", { capability: "extensions", calls: ["plugin_call"] }],
  ["log", { capability: "log", calls: [] }],
]);

/** `cache:` and `kv:` with any word behind stand for the same store. */
const STORE = /^(?:cache|kv):(.+)$/;
const STORE_CALLS = ["cache_get", "cache_set", "cache_delete"];
const STORE_RIGHTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["read", ["cache_get"]],
  ["write", ["cache_set", "cache_delete"]],
]);

/** Calls that some permission stands for; others need none. */
const GUARDED: ReadonlySet<string> = new Set([
  ...[...RIGHTS.values()].flatMap(({ calls }) => calls),
  ...STORE_CALLS,
]);

/** The capability of an embedder behind `send_email`, for which there is no permission. */
export const EMAIL = "email";

/** Capabilities that an operator's grant also asks for, where the plugin names no permission of the host. */
const OPERATOR_ASKS: readonly string[] = ["sqlite", "kv", "net", "extensions", EMAIL];

/** What a permission stands for; `undefined` for a plugin's own name. */
function rightOf(permission: string): Right | undefined {
  const [, what] = STORE.exec(permission) ?? [];
  if (what === undefined) return RIGHTS.get(permission);
  return { capability: "kv", calls: STORE_RIGHTS.get(what) ?? STORE_CALLS };
}

/** What the permissions of one plugin come to. */
export interface GkRights {
  /** What it needs; calls that the embedder answers itself need nothing. */
  readonly asks: readonly CapabilityAsk[];
  /** What it may have where the operator grants it, though it does not ask. */
  readonly accepts: readonly string[];
  /** Whether it may make that call at all. */
  allows(call: string): boolean;
}

/**
 * The rights of a plugin with `permissions`. One that names a permission of the host has those it
 * names and no others; one that names none has what its operator grants. `isAnswered` tells which
 * calls the embedder answers itself.
 */
export function rightsOf(
  permissions: readonly string[],
  isAnswered: (call: string) => boolean,
): GkRights {
  const rights = permissions.flatMap((permission) => rightOf(permission) ?? []);
  const needed = rights.filter(({ calls }) => calls.length === 0 || !calls.every(isAnswered));
  const asks = [...new Set(needed.map(({ capability }) => capability))].map((name) => (
    { name, args: {}, optional: false, reason: "" }
  ));
  if (rights.length === 0) return { asks, accepts: OPERATOR_ASKS, allows: () => true };
  const calls = new Set(rights.flatMap(({ calls }) => calls));
  return {
    asks,
    accepts: [EMAIL],
    allows: (call) => calls.has(call) || !GUARDED.has(call),
  };
}
