/** What happened to a served Pulp cell, as its steps are told. @module */

import { firstValues } from "../wasm/abi/header_names.ts";
import type { PulpEvent } from "../views/pulp.ts";
import type { Pairs, ServingEvent } from "./driver.ts";

/** The event in the words of the convention. */
export function pulpEvent(event: ServingEvent): PulpEvent {
  const { kind } = event;
  switch (event.kind) {
    case "http.request": {
      const { id, method, path, params, query, headers, body } = event;
      return {
        kind,
        payload: {
          id,
          method,
          path,
          params: { ...params },
          query: firstOf(query),
          headers: firstValues(headers),
          body,
        },
      };
    }
    case "ws.open": {
      const { connId, path, query, headers } = event;
      return {
        kind,
        payload: { conn_id: connId, path, query: firstOf(query), headers: firstValues(headers) },
      };
    }
    case "ws.frame": {
      const { connId, opcode, payload } = event;
      return { kind, payload: { conn_id: connId, opcode, payload } };
    }
    case "ws.close": {
      const { connId, code, reason } = event;
      return { kind, payload: { conn_id: connId, code, reason } };
    }
  }
}

/** The first value of each name. */
function firstOf(pairs: Pairs): { readonly [name: string]: string } {
  const found = new Map<string, string>();
  for (const [name, value] of pairs) if (!found.has(name)) found.set(name, value);
  // Own members even where somebody names one "__proto__".
  return Object.fromEntries(found);
}
