/** What Pulp cells may import from their host, and the capability each function needs. @module */

/** The import module. */
export const PULP_MODULE = "pulp";

/** Import name → canonical name of its capability. */
export const PULP_IMPORTS = {
  http_register: "http.serve",
  http_respond: "http.serve",
  http_fetch: "net",
  ws_register: "ws.serve",
  ws_send: "ws.serve",
  ws_close: "ws.serve",
  sse_register: "sse.serve",
  sse_emit: "sse.serve",
  fs_read: "fs",
  fs_write: "fs",
  fs_delete: "fs",
  sqlite_exec: "sqlite",
  sqlite_query: "sqlite",
} as const;

/** A function that cells may import. */
export type PulpImport = keyof typeof PULP_IMPORTS;
