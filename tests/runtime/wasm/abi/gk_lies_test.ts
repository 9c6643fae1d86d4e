/** GoatKit guests that lie: about pointers, lengths, room, text and themselves. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { CapabilityError, ExtensionError, type LoadOptions } from "../../../../mod.ts";
import { asker, type Change, type Loaded, loadGk } from "../gk_guests.ts";

const CALL_HOST = `(call $host_call
      (local.get $fn) (local.get $fn_len) (local.get $args) (local.get $args_len))))`;
const REGISTERED =
  "(i64.or (i64.shl (i64.const 4096) (i64.const 32)) (i64.extend_i32_u (local.get $len)))";
const MALLOC = "(local $at i32)\n";

/** A guest whose calls give `packed`. */
function answering(packed: bigint): Change {
  return [CALL_HOST, `(i64.const ${BigInt.asIntN(64, packed)})))`];
}

/** A guest whose allocator gives `body` instead. */
function allocating(body: string): Change {
  return [MALLOC, `${MALLOC} (return ${body})\n`];
}

function load(changes: readonly Change[], options: LoadOptions = {}): Promise<Loaded> {
  return loadGk(asker(undefined, { changes }), options);
}

async function codeOf(act: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(act);
  if (error instanceof ExtensionError || error instanceof CapabilityError) return error.code;
  throw error;
}

const pack = (ptr: number, len: number) => BigInt(ptr) << 32n | BigInt(len);

Deno.test("gk: a result outside of the memory is bad-guest-data, and the next call meets a new guest", async () => {
  const outside = [pack(131_072, 1), pack(0xffffffff, 1), pack(131_000, 73), pack(1, 131_072)];
  for (const packed of outside) {
    await using guest = await load([answering(packed)]);
    assertEquals(await codeOf(() => guest.ask("translate", {})), "bad-guest-data", `${packed}`);
    assertEquals(await codeOf(() => guest.ask("translate", {})), "bad-guest-data");
    assertEquals(guest.extension.stats().restarts, 1);
  }
});

Deno.test("gk: no pointer or no length is no result", async () => {
  for (
    const packed of [0n, pack(0, 16), pack(0, 0xffffffff >>> 8), pack(4096, 0), pack(0xffffffff, 0)]
  ) {
    await using guest = await load([answering(packed)]);
    assertEquals(await guest.extension.invoke("translate"), new Uint8Array(0), `${packed}`);
  }
});

Deno.test("gk: a result larger than a payload may be is payload-limit", async () => {
  await using guest = await load([answering(pack(8, 1_001))], { limits: { payloadBytes: 1_000 } });
  assertEquals(await codeOf(() => guest.extension.invoke("x")), "payload-limit");
});

Deno.test("gk: a result that is no JSON reaches nobody as a value", async () => {
  // the letters of its registration, cut short
  await using guest = await load([answering(pack(4096, 3))]);
  const plugin = guest.extension.as("gk");
  assertEquals(await codeOf(() => plugin.call("x")), "bad-guest-data");
  assertEquals(new TextDecoder().decode(await guest.extension.invoke("x")), '{"n');
});

Deno.test("gk: an allocator without room fails the call", async () => {
  await using guest = await load([allocating("(i32.const 0)")]);
  assertEquals(await codeOf(() => guest.ask("translate", { key: "k" })), "bad-guest-data");
});

Deno.test("gk: an allocator that gives memory that is not there fails the call", async () => {
  for (const at of ["-1", "131072", "131071", "2147483647"]) {
    await using guest = await load([allocating(`(i32.const ${at})`)]);
    assertEquals(await codeOf(() => guest.ask("translate", { key: "k" })), "bad-guest-data", at);
  }
});

Deno.test("gk: an allocator that gives odd addresses is taken at its word", async () => {
  await using guest = await load([allocating(`(i32.const 70001)`)]);
  // name and arguments overwrite each other: the guest's own affair
  assertEquals(await guest.ask("translate", { key: "k" }), undefined);
  assertEquals(guest.extension.stats().restarts, 0);
});

Deno.test("gk: an allocator without room for an answer gives 0, and the log says so", async () => {
  // of three buffers, name, arguments and answer, the last
  const third: Change = [
    MALLOC,
    `${MALLOC}
     (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
     (if (i32.eq (i32.load (i32.const 16)) (i32.const 3)) (then (return (i32.const 0))))\n`,
  ];
  await using guest = await load([third]);
  assertEquals(await guest.ask("translate", { key: "k" }), undefined);
  assertEquals(guest.logged(), [
    'error: host_call "translate" failed: the plugin has no room for the answer',
  ]);
  assertEquals(await guest.ask("translate", { key: "k" }), { value: "k" });
});

Deno.test("gk: an allocator that never ends, traps, or asks its host, is the guest's end at most", async () => {
  const loop = allocating("(block (result i32) (loop (br 0)) (i32.const 8))");
  const asking: Change = [
    MALLOC,
    `${MALLOC} (drop (call $host_call (i32.const 1024) (i32.const 9) (i32.const 0) (i32.const 0)))\n`,
  ];
  {
    await using guest = await load([loop], { limits: { timeoutMs: 50 } });
    assertEquals(await codeOf(() => guest.ask("translate", { key: "k" })), "timeout");
  }
  {
    await using guest = await load([allocating("(unreachable)")]);
    assertEquals(await codeOf(() => guest.ask("translate", { key: "k" })), "trap");
  }
  await using guest = await load([asking], { grants: { kv: true } });
  // its host has nothing to say to an allocator, so that it cannot call itself through it
  assertEquals(await guest.ask("translate", { key: "k" }), { value: "k" });
  assertEquals(guest.audit.filter(({ operation }) => operation === "get"), []);
});

Deno.test("gk: a gk_free that traps, asks its host or is none is the guest's own affair", async () => {
  const free = (body: string): Change => [
    '(func (export "gk_free") (param i32) (global.set $top (i32.const 65536)))',
    body,
  ];
  {
    await using guest = await load([free('(func (export "gk_free") (param i32) (unreachable))')]);
    assertEquals(await codeOf(() => guest.ask("translate", { key: "k" })), "trap");
  }
  {
    await using guest = await load([free("")]);
    assertEquals(await guest.ask("translate", { key: "k" }), { value: "k" });
  }
  await using guest = await load([free('(func (export "gk_free") (param i64))')]);
  assertEquals(await codeOf(() => guest.ask("translate", { key: "k" })), "bad-guest-data");
});

Deno.test("gk: host calls and log records from nowhere end the guest", async () => {
  const call = (args: string): Change => [CALL_HOST, `(call $host_call ${args})))`];
  const far = ["(i32.const -8) (i32.const 9)", "(i32.const 0) (i32.const -1)"];
  const near = "(i32.const 1024) (i32.const 9)";
  for (const range of far) {
    for (const args of [`${range} ${near}`, `${near} ${range}`]) {
      await using guest = await load([call(args)], { grants: { kv: true } });
      assertEquals(await codeOf(() => guest.ask("x")), "bad-guest-data", args);
    }
    const log: Change = [CALL_HOST, `(call $log (i32.const 1) ${range}) (i64.const 0)))`];
    await using guest = await load([log]);
    assertEquals(await codeOf(() => guest.ask("x")), "bad-guest-data", range);
  }
  // what is too large is refused before it is copied
  const large = call("(i32.const 0) (i32.const 70000) (i32.const 0) (i32.const 0)");
  await using guest = await load([large], { limits: { payloadBytes: 65_536 } });
  assertEquals(await codeOf(() => guest.ask("x")), "payload-limit");
});

Deno.test("gk: arguments that are no text fail the host call, a name that is none ends the guest", async () => {
  await using guest = await loadGk(asker());
  const bytes = Uint8Array.of(0x7b, 0xff, 0xfe);
  assertEquals(await guest.extension.invoke("translate", bytes), new Uint8Array(0));
  assertEquals(guest.logged(), [
    'error: host_call "translate" failed: its arguments must be JSON in UTF-8',
  ]);
  const name: Change = [
    '(data (i32.const 1024) "cache_get")',
    '(data (i32.const 1024) "cache\\ffget")',
  ];
  await using other = await load([name]);
  assertEquals(await codeOf(() => other.extension.invoke("again")), "bad-guest-data");
});

Deno.test("gk: a registration that is none fails the load, whatever it is", async () => {
  const registering = (packed: bigint): Change => [
    REGISTERED,
    `(i64.const ${BigInt.asIntN(64, packed)})`,
  ];
  const lies: readonly Change[] = [
    ...[0n, pack(131_072, 1), pack(4096, 0xffffffff), pack(4096, 3), pack(60_000, 8)].map(
      registering,
    ),
  ];
  for (const lie of lies) {
    const code = await codeOf(() => load([lie]));
    assert(["bad-guest-data", "payload-limit"].includes(code), `${lie[1]}: ${code}`);
  }
  assertEquals(await codeOf(() => load([[REGISTERED, "(unreachable)"]])), "trap");
  assertEquals(
    await codeOf(() =>
      load([[REGISTERED, "(loop (br 0)) (i64.const 0)"]], { limits: { loadMs: 200 } })
    ),
    "timeout",
  );
  for (const text of ['"text"', "7", "null", "{}", '{"name":""}', '{"name":"a","routes":{}}']) {
    assertEquals(await codeOf(() => loadGk(asker(text))), "bad-guest-data", text);
  }
  const huge = JSON.stringify({ name: "huge", description: "x".repeat(1 << 20) });
  const changes: readonly Change[] = [
    ['(memory (export "memory") 2)', '(memory (export "memory") 40)'],
  ];
  assertEquals(await codeOf(() => loadGk(asker(huge, { changes }))), "bad-guest-data");
});

Deno.test("gk: a module that lacks a function of the convention is told all of them", async () => {
  const changes: readonly Change[] = [
    ['(export "gk_malloc")', '(export "gk_alloc")'],
    ['(export "gk_register") (result i64)', '(export "gk_register") (param i32) (result i64)'],
  ];
  const error = await assertRejects(() => load(changes), ExtensionError);
  assertEquals(error.code, "unsupported");
  for (const part of ['no function "gk_malloc"', "gk_alloc", '"gk_register" is (i32) -> i64']) {
    assert(error.message.includes(part), error.message);
  }
});

Deno.test("gk: a plugin that hangs is stopped, and another one is served meanwhile", async () => {
  await using guest = await loadGk(asker(), { grants: { net: { hosts: ["127.0.0.1:*"] } } });
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const accepting = silent.accept().then((connection) => connections.push(connection));
  const other = await guest.host.load(asker({ name: "o" }, { name: "other" }));
  const url = `http://127.0.0.1:${(silent.addr as Deno.NetAddr).port}/`;
  const hanging = codeOf(() =>
    guest.extension.invoke("http_request", JSON.stringify({ url }), { timeoutMs: 300 })
  );
  const start = performance.now();
  for (let i = 0; i < 20; i++) await other.invoke("translate", '{"key":"k"}');
  assert(performance.now() - start < 250);
  assertEquals(await hanging, "timeout");
  await accepting;
  for (const connection of connections) connection.close();
  silent.close();
});

Deno.test("gk: whatever a guest answers with, its host gets bytes or an error of its own", async () => {
  const numbers = fc.oneof(
    fc.constantFrom(0, 1, 4096, 65_535, 65_536, 131_071, 131_072, 2 ** 31, 2 ** 32 - 1),
    fc.nat(140_000),
  );
  const known = new Set(["bad-guest-data", "payload-limit", "closed"]);
  await fc.assert(
    fc.asyncProperty(numbers, numbers, async (ptr, len) => {
      await using guest = await load([answering(pack(ptr, len))]);
      try {
        const result = await guest.extension.invoke("x");
        const fits = ptr === 0 || len === 0 || ptr + len <= 131_072;
        assert(fits && result.length === (ptr === 0 ? 0 : len), `${ptr} ${len}`);
      } catch (error) {
        assert(error instanceof ExtensionError && known.has(error.code), `${error}`);
        assert(ptr + len > 131_072);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("gk: whatever a guest asks for, it gets an answer or nothing, and lives", async () => {
  const names = fc.constantFrom(
    ...["db_query", "db_exec", "cache_get", "cache_set", "cache_delete", "http_request"],
    ...["send_email", "config_get", "translate", "plugin_call", "toString", "__proto__", "ü"],
  );
  const keys = fc.constantFrom(
    ...["key", "value", "ttl", "query", "args", "url", "headers", "body", "plugin", "function"],
    "__proto__",
  );
  const args = fc.oneof(
    fc.dictionary(keys, fc.jsonValue({ maxDepth: 3 })).map((each) => JSON.stringify(each)),
    fc.json(),
    fc.string(),
  );
  await using guest = await loadGk(asker(), {
    grants: { kv: true, net: { hosts: ["127.0.0.1:9"] }, extensions: { names: ["*"] } },
    log: () => {},
  });
  await fc.assert(
    fc.asyncProperty(names, args, async (name, payload) => {
      const text = new TextDecoder().decode(await guest.extension.invoke(name, payload));
      if (text !== "") JSON.parse(text);
    }),
    { numRuns: 400 },
  );
  assertEquals(guest.extension.stats().restarts, 0);
});
