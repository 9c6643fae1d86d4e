/** The same served extension for every tier: what JavaScript registers for itself, and WASM that its manifest speaks for. @module */

import wabt from "wabt";
import type { LoadTarget } from "../../../mod.ts";

/** Registers everything itself, as its module is evaluated. */
export const SCRIPT = `
const { http, ws, sse } = airlock;
let told = 0;

export async function echo(event) {
  return { status: 201, headers: { "x-kind": event.kind }, body: event };
}
export async function byHand({ id }) {
  await http.serve.respond(id, 202, { "x-by": "hand" }, new Uint8Array([104, 105]));
}
export async function again({ id }) {
  await http.serve.respond(id, 200, [["x-by", "hand"]], "first");
  try {
    await http.serve.respond(id, 200, {}, "second");
  } catch (error) {
    told = error.code;
  }
}
export const last = () => String(told);
export async function chat({ kind, connId, payload }) {
  if (kind === "ws.open") return "hello";
  if (kind !== "ws.frame") return;
  if (payload === "bye") return ws.serve.close(connId, 4000, "as asked");
  await ws.serve.send(connId, "one " + payload);
  await ws.serve.send(connId, new Uint8Array([1, 2]));
}
export async function tell({ body }) {
  return String(await sse.serve.emit("/news", body, "note", "9"));
}
export const hang = () => { for (;;); };
export const fail = () => { throw new Error("no"); };
export const slow = () => new Promise((resolve) => setTimeout(resolve, 5000));

await http.serve.register("POST", "/echo/:id", "echo");
for (const name of ["byHand", "again", "last", "hang", "fail", "slow"]) {
  await http.serve.register("GET", "/" + name, name);
}
await http.serve.register("POST", "/tell", "tell");
await ws.serve.register("/chat", "chat");
await sse.serve.register("/news");
`;

/** The script as an extension of one runtime. */
export function scriptTarget(name: string, runtime: string): LoadTarget {
  return {
    manifest: {
      name,
      runtime,
      module: "main.mjs",
      capabilities: ["http.serve", "ws.serve", "sse.serve"],
    },
    files: { "main.mjs": SCRIPT },
  };
}

/** A guest of Base's convention: \`echo\` gives {"body": event}, the others end badly. */
const WAT = `(module
  (memory (export "memory") 64)
  (global $next (mut i32) (i32.const 65536))
  (data (i32.const 0) "{\\22body\\22:")
  (func (export "__base_alloc") (param $size i32) (result i32)
    (if (i32.gt_u (i32.add (global.get $next) (local.get $size)) (i32.const 2000000))
      (then (global.set $next (i32.const 65536))))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "__base_free") (param i32 i32))
  (func (export "echo") (param $at i32) (param $size i32) (result i64)
    (memory.copy (i32.const 3000000) (i32.const 0) (i32.const 8))
    (memory.copy (i32.const 3000008) (local.get $at) (local.get $size))
    (i32.store8 (i32.add (i32.const 3000008) (local.get $size)) (i32.const 125))
    (i64.or
      (i64.const 0x2dc6c000000000)
      (i64.extend_i32_u (i32.add (local.get $size) (i32.const 9)))))
  (func (export "hang") (param i32 i32) (result i64) (loop $again (br $again)) (unreachable))
  (func (export "fail") (param i32 i32) (result i64) (unreachable)))`;

/** The WASM guest, served by the routes of its manifest. */
export async function wasmTarget(name: string): Promise<LoadTarget> {
  const { parseWat } = await wabt();
  const module = parseWat("echo.wat", WAT, { bulk_memory: true });
  const bytes = module.toBinary({}).buffer;
  module.destroy();
  return {
    manifest: {
      name,
      runtime: "wasm",
      module: "echo.wasm",
      capabilities: ["http.serve"],
      routes: [
        { method: "POST", path: "/echo/:id", handler: "echo" },
        { path: "/hang", handler: "hang" },
        { path: "/fail", handler: "fail" },
      ],
    },
    files: { "echo.wasm": bytes },
  };
}
