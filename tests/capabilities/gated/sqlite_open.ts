/** Opening databases of the capability sqlite for tests. @module */

import type { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import type { GrantOptions } from "../../../capabilities/grant.ts";
import type { JsonObject } from "../../../manifest/manifest.ts";
import { ask, open, type Opened } from "../open.ts";

/** The operations of one extension. */
export interface Db extends AsyncDisposable {
  exec(sql: string, params?: unknown): Promise<unknown>;
  query(sql: string, params?: unknown): Promise<{ columns: string[]; rows: unknown[][] }>;
  readonly opened: Opened;
}

/** Opens them through a real broker. */
export async function database(
  storage: string | undefined,
  args: JsonObject = {},
  rest: { granted?: GrantOptions; registry?: CapabilityRegistry; name?: string } = {},
): Promise<Db> {
  const opened = await open({
    asks: [ask("sqlite", args)],
    granted: { sqlite: true },
    storage,
    ...rest,
  });
  const { call } = opened.broker.calls;
  return {
    opened,
    exec: (sql, params) => call("sqlite.exec", { sql, params } as never),
    query: (sql, params) => call("sqlite.query", { sql, params } as never) as never,
    [Symbol.asyncDispose]: () => opened.broker.close(),
  };
}
