/** What Pulp cells import to serve: HTTP, WebSocket and server-sent events. @module */

import type { HostFunction } from "./contract.ts";
import { Code, type PulpDoor } from "./pulp_door.ts";

/** Nothing that can be registered or is known: an empty method, a bad path, an unknown id. */
const WRONG = 4;
const PAIR = "(i32, i32) -> i32";

/** The functions, all of which answer at once. */
export function serveImports(door: PulpDoor): { readonly [name: string]: HostFunction } {
  const path = (ptr: number, len: number): string => {
    const text = door.text(ptr, len);
    if (!text.startsWith("/")) throw new Code(WRONG);
    return text;
  };
  return {
    http_register: door.now(PAIR, "http.serve.register", (ptr, len) => {
      const fields = door.message(ptr, len);
      const args = { method: fields.text("method"), path: fields.text("path") };
      if (args.method === "" || !args.path.startsWith("/")) throw new Code(WRONG);
      door.ask("http.serve.register", args, WRONG);
    }),
    http_respond: door.now(PAIR, "http.serve.respond", (ptr, len) => {
      const fields = door.message(ptr, len);
      const args = {
        id: fields.integer("id"),
        status: fields.integer("status"),
        headers: fields.pairs("headers"),
        body: fields.body("body"),
      };
      door.ask("http.serve.respond", args, WRONG);
    }),
    ws_register: door.now(PAIR, "ws.serve.register", (ptr, len) => {
      door.ask("ws.serve.register", { path: path(ptr, len) }, WRONG);
    }),
    ws_send: door.now(PAIR, "ws.serve.send", (ptr, len) => {
      const fields = door.message(ptr, len);
      const args = {
        connId: fields.integer("conn_id"),
        opcode: fields.integer("opcode"),
        payload: fields.body("payload"),
      };
      door.ask("ws.serve.send", args, WRONG);
    }),
    ws_close: door.now(PAIR, "ws.serve.close", (ptr, len) => {
      const fields = door.message(ptr, len);
      const args = {
        connId: fields.integer("conn_id"),
        code: fields.integer("code"),
        reason: fields.text("reason"),
      };
      door.ask("ws.serve.close", args, WRONG);
    }),
    sse_register: door.now(PAIR, "sse.serve.register", (ptr, len) => {
      door.ask("sse.serve.register", { path: path(ptr, len) }, WRONG);
    }),
    sse_emit: door.now(PAIR, "sse.serve.emit", (ptr, len) => {
      const fields = door.message(ptr, len);
      const args = {
        path: fields.text("path"),
        id: fields.text("id"),
        event: fields.text("event"),
        data: fields.text("data"),
      };
      door.ask("sse.serve.emit", args, WRONG);
    }),
  };
}
