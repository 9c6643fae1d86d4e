/**
 * What a plugin built with one of Extism's own kits does here: called once for each kit, whose plugin
 * has the same functions as those in `tests/fixtures/extism/kits`.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { CapabilityError, ExtensionError, extismFunction, type LoadOptions } from "../../mod.ts";
import { failure, type LoadedPlugin, loadPlugin } from "../runtime/wasm/abi/extism_guest.ts";

const MIB = 1024 * 1024;
const shout = extismFunction("shout", (blocks, text) => blocks.text(BigInt(text)).toUpperCase());

/** A plugin of one kit. */
export interface KitPlugin {
  readonly kit: string;
  /** Its module; asked for once a test. */
  readonly bytes: () => Promise<Uint8Array>;
}

/** Registers the tests of one plugin, on this thread and in a worker. */
export function kitSuite(plugin: KitPlugin): void {
  for (const isolation of ["inline", "worker"] as const) suiteIn(isolation, plugin);
}

function suiteIn(isolation: "inline" | "worker", { kit, bytes }: KitPlugin): void {
  const where = isolation === "inline" ? "" : ", in a worker,";
  const test = (
    does: string,
    run: (loaded: LoadedPlugin) => Promise<void>,
    options: LoadOptions = {},
  ) =>
    Deno.test(`a plugin on Extism's kit for ${kit}${where} ${does}`, async () => {
      await using loaded = await loadPlugin({ name: "plugin.wasm", bytes: await bytes() }, {
        hostFunctions: [shout],
        ...options,
        limits: { timeoutMs: 10_000, ...options.limits },
        isolation,
      });
      await run(loaded);
    });

  test(
    "takes input, variables and configuration, and gives output",
    async ({ call, extension }) => {
      assertEquals(extension.abi, "extism");
      for (
        const [input, count] of [["Hello, World!", 3], ["", 0], ["aeiouAEIOUxyz", 10]] as const
      ) {
        const answer = JSON.parse(await call("count_vowels", input));
        assertEquals(answer, { count, config: "set", a: "this is var a" });
      }
    },
    { config: { thing: "set" } },
  );

  test("takes and gives any bytes", async ({ plugin }) => {
    for (const length of [0, 1, 7, 8, 9, 255, 4096, 70_001]) {
      const input = Uint8Array.from({ length }, (_, at) => at * 31);
      assertEquals(await plugin.call("echo", input), input);
    }
  });

  test("asks a host function", async ({ call }) => {
    assertEquals(await call("ask_host", "quiet é"), "QUIET É");
  });

  test("waits for a host function", async ({ call }) => {
    assertEquals(await Promise.all(["a", "b"].map((text) => call("ask_host", text))), [
      "<a>",
      "<b>",
    ]);
  }, {
    hostFunctions: [
      extismFunction("shout", async (blocks, text) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return `<${blocks.text(BigInt(text))}>`;
      }),
    ],
  });

  test("keeps a variable until it removes it, also when it is stopped", async (loaded) => {
    const { call, plugin } = loaded;
    assertEquals(await call("remember", "a"), "a");
    assertEquals(await call("remember", "é"), "aé");
    assertEquals(await failure(plugin.call("loop", "", { timeoutMs: 100 })), "timeout");
    assertEquals(await call("remember", "b"), "aéb");
    await call("forget");
    assertEquals(await call("remember", "c"), "c");
  });

  test("finds configuration by its own names", async ({ call }) => {
    assertEquals(await call("setting", "name"), "värde");
    for (const name of ["missing", "constructor", "__proto__"]) {
      assertEquals(await call("setting", name), "none");
    }
  }, { config: { name: "värde" } });

  test("logs at its levels", async ({ call, log }) => {
    await call("talk", "said");
    assertEquals(log, ["debug said", "info said", "warn said", "error said"]);
  });

  test("tells its error, and goes on", async ({ call, extension }) => {
    const error = await assertRejects(() => call("fail", "no reason"), ExtensionError);
    assertEquals([error.code, error.guest.split("\n")[0]], ["guest-error", "no reason"]);
    assertEquals(await call("echo", "here"), "here");
    assertEquals(extension.stats().restarts, 0);
  });

  test("ends at its memory limit", async ({ call, extension }) => {
    assertEquals(await failure(call("hoard")), "memory-limit");
    assert(extension.memorySize <= 24 * MIB, `${extension.memorySize}`);
    assertEquals(await call("echo", "goes on"), "goes on");
  }, { limits: { memoryBytes: 24 * MIB } });

  Deno.test(`a plugin on Extism's kit for ${kit}${where} sends requests where it may`, async () => {
    await using granted = serve((request) => answerOf(request, granted.origin, other.origin));
    await using other = serve(() => new Response("should not be reached"));
    await using loaded = await loadPlugin({ name: "plugin.wasm", bytes: await bytes() }, {
      hostFunctions: [shout],
      grants: { net: { hosts: [granted.host] } },
      limits: { timeoutMs: 10_000 },
      isolation,
    });
    const { call } = loaded;
    assertEquals(await call("fetch", `${granted.origin}/echo`), "POST yes sent");
    assertEquals(await call("status", `${granted.origin}/teapot`), "418 short and stout");
    assertEquals(await call("fetch", `${granted.origin}/again`), "POST yes sent");
    for (const url of [`${other.origin}/`, `${granted.origin}/away`]) {
      const error = await assertRejects(() => call("fetch", url), CapabilityError);
      assertEquals([error.code, error.capability], ["denied", "net"]);
    }
    assertEquals(other.asked(), 0);
  });
}

interface Site extends AsyncDisposable {
  readonly host: string;
  readonly origin: string;
  /** How many requests it got. */
  asked(): number;
}

function serve(answer: (request: Request) => Response | Promise<Response>): Site {
  let asked = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    asked++;
    return answer(request);
  }) as Deno.HttpServer<Deno.NetAddr>;
  const host = `127.0.0.1:${server.addr.port}`;
  return {
    host,
    origin: `http://${host}`,
    asked: () => asked,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function answerOf(request: Request, own: string, other: string): Promise<Response> {
  const text = await request.text();
  const redirect = (location: string) => new Response(null, { status: 307, headers: { location } });
  switch (new URL(request.url).pathname) {
    case "/teapot":
      return new Response("", { status: 418, headers: { "x-answer": "short and stout" } });
    case "/again":
      return redirect(`${own}/echo`);
    case "/away":
      return redirect(`${other}/`);
    default:
      return new Response(`${request.method} ${request.headers.get("x-kit")} ${text}`);
  }
}
