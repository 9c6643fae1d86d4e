/** Host functions of Extism plugins: bytes or handles, at once or later, with the context of a call. @module */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  CapabilityError,
  ExtensionError,
  type ExtismBlocks,
  extismFunction,
  Fault,
  hostFunction,
  text,
} from "../../../../mod.ts";
import { answers, failure, loadPlugin } from "./extism_guest.ts";

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("extismFunction() gets handles and numbers, and gives bytes, text or a handle", async () => {
  const seen: unknown[] = [];
  await using loaded = await loadPlugin("plugin", {
    hostFunctions: answers(
      extismFunction("math/join", (blocks, left, right, times) => {
        seen.push(typeof left, typeof right, times);
        return blocks.store(
          blocks.text(BigInt(left)) + blocks.text(BigInt(right)).repeat(Number(times)),
        );
      }),
      extismFunction("shout", (blocks, handle) => blocks.read(BigInt(handle)).reverse()),
    ),
  });
  assertEquals(await loaded.call("join_input", "ab"), "<ababab");
  assertEquals(seen, ["bigint", "bigint", 3]);
  assertEquals(await loaded.call("shout_input", "abc"), "cba");
  assertEquals(await loaded.call("ask_nothing"), "asked");
});

Deno.test("hostFunction() answers a plugin that passes one block, like any other guest", async () => {
  await using loaded = await loadPlugin("plugin", {
    hostFunctions: answers(
      hostFunction("shout", (input: string) => `${input}!`, { codec: text }),
      hostFunction("fetch_later", (bytes: Uint8Array) => Promise.resolve(bytes.toReversed()), {
        async: true,
      }),
    ),
  });
  assertEquals(await loaded.call("shout_input", "é"), "é!");
  assertEquals(await loaded.call("fetch_twice", "abc"), "cba abc");
});

Deno.test("an asynchronous host function suspends the plugin, and its calls wait for each other", async () => {
  let inside = 0;
  await using loaded = await loadPlugin("plugin", {
    hostFunctions: answers(
      extismFunction("fetch_later", async (blocks, handle) => {
        assertEquals(++inside, 1);
        await delay(5);
        inside--;
        return `<${blocks.text(BigInt(handle))}>`;
      }),
    ),
  });
  const calls = ["a", "b", "c"].map((input) => loaded.call("fetch_twice", input));
  assertEquals(await Promise.all(calls), ["<a> <<a>>", "<b> <<b>>", "<c> <<c>>"]);
  assertThrows(() => loaded.extension.invokeSync("echo", "x"), ExtensionError, "wait");
});

Deno.test("a plugin that imports no asynchronous function is called without waiting", async () => {
  await using loaded = await loadPlugin("lying", {
    hostFunctions: [extismFunction("fetch_later", async () => {})],
  });
  assertEquals(loaded.extension.invokeSync("output_input", "now"), new TextEncoder().encode("now"));
});

Deno.test("a call's hostContext reaches the host functions of that call, and no other", async () => {
  const seen: unknown[] = [];
  await using loaded = await loadPlugin("plugin", {
    hostFunctions: answers(
      extismFunction("nothing", ({ context }) => {
        seen.push([context.hostContext, context.operation, context.extension, context.chain]);
      }),
      hostFunction("shout", (bytes: Uint8Array, { hostContext }) => {
        seen.push(hostContext);
        return bytes;
      }),
    ),
  });
  const hostContext = { user: "ada" };
  await loaded.plugin.call("ask_nothing", "", { hostContext });
  await loaded.plugin.call("ask_nothing");
  await loaded.plugin.call("shout_input", "x", { hostContext: 7 });
  assertEquals(seen, [
    [hostContext, "nothing", "plugin", ["plugin"]],
    [undefined, "nothing", "plugin", ["plugin"]],
    7,
  ]);
  assert((seen[0] as unknown[])[0] === hostContext);
});

Deno.test("load() names the functions that a plugin imports and nobody answers", async () => {
  const error = await assertRejects(
    () => loadPlugin("plugin", { hostFunctions: [] }),
    ExtensionError,
  );
  assertEquals(error.code, "unsupported");
  for (const name of ["extism:host/user.shout", "extism:host/user.nothing", "math.join"]) {
    assertStringIncludes(error.message, name);
  }
  // one block in, one out is all that bytes can stand for
  const wrong = answers(hostFunction("math/join", (bytes: Uint8Array) => bytes));
  const other = await assertRejects(
    () => loadPlugin("plugin", { hostFunctions: wrong }),
    ExtensionError,
  );
  assertStringIncludes(other.message, "(i64, i64, i32) -> i64");
});

Deno.test("a host function is found by its module's name first", async () => {
  await using loaded = await loadPlugin("plugin", {
    hostFunctions: answers(
      extismFunction("extism:host/user/shout", () => "module"),
      extismFunction("shout", () => "name"),
    ),
  });
  assertEquals(await loaded.call("shout_input", "x"), "module");
});

Deno.test("a host function that fails ends the call with its own reason as the cause", async () => {
  const reason = new TypeError("broken");
  const fails: readonly (readonly [unknown, string])[] = [
    [reason, "trap"],
    [new Fault("guest-error", "no more"), "guest-error"],
    [
      new CapabilityError("denied", { extension: "plugin", capability: "mail", grant: "mail" }),
      "CapabilityError denied",
    ],
  ];
  for (const [error, code] of fails) {
    await using loaded = await loadPlugin("plugin", {
      hostFunctions: answers(
        extismFunction("shout", () => {
          throw error;
        }),
        extismFunction("fetch_later", () => Promise.reject(error), { async: true }),
      ),
    });
    assertEquals(await failure(loaded.call("shout_input", "x")), code);
    assertEquals(await failure(loaded.call("fetch_twice", "x")), code);
    assertEquals(await loaded.call("echo", "goes on"), "goes on");
  }
  await using loaded = await loadPlugin("plugin", {
    hostFunctions: answers(extismFunction("shout", () => {
      throw reason;
    })),
  });
  const error = await assertRejects(() => loaded.call("shout_input", "x"), ExtensionError);
  assert(!error.message.includes("broken"), error.message);
  assert(error.cause === reason);
});

Deno.test("blocks are lent for the time of one host call", async () => {
  let kept: ExtismBlocks | undefined;
  let handle = 0n;
  const late = Promise.withResolvers<unknown>();
  await using loaded = await loadPlugin("plugin", {
    hostFunctions: answers(
      extismFunction("shout", (blocks, argument) => {
        kept = blocks;
        handle = BigInt(argument);
        return "ok";
      }),
      extismFunction("fetch_later", async (blocks, argument) => {
        await delay(60);
        try {
          blocks.text(BigInt(argument));
          late.resolve("read");
        } catch (error) {
          late.resolve(error);
        }
      }),
    ),
  });
  assertEquals(await loaded.call("shout_input", "secret"), "ok");
  await loaded.call("echo", "of another call");
  assertThrows(() => kept?.read(handle), Fault);
  assertThrows(() => kept?.store("x"), Fault);
  assertThrows(() => kept?.free(handle), Fault);
  const abandoned = loaded.plugin.call("fetch_twice", "x", { timeoutMs: 20 });
  assertEquals(await failure(abandoned), "timeout");
  assert(await late.promise instanceof Fault);
});

Deno.test("a host function that hands over a bad handle ends the guest, as its own lie would", async () => {
  await using loaded = await loadPlugin("plugin", {
    hostFunctions: answers(
      extismFunction("shout", (blocks) => blocks.text(12345n)),
      extismFunction("math/join", () => 99n),
    ),
  });
  assertEquals(await failure(loaded.call("shout_input", "x")), "bad-guest-data");
  assertEquals(await loaded.call("join_input", "x"), "");
});

Deno.test("a host function that gives a promise has to say so", async () => {
  await using loaded = await loadPlugin("plugin", {
    hostFunctions: answers(
      extismFunction("shout", () => Promise.reject(new TypeError("never seen"))),
    ),
  });
  assertEquals(await failure(loaded.call("shout_input", "x")), "unsupported");
});

Deno.test("host functions are counted as operations of the call", async () => {
  await using loaded = await loadPlugin("plugin", { limits: { operations: 1 } });
  assertEquals(await loaded.call("shout_input", "x"), "X");
  assertEquals(await failure(loaded.call("fetch_twice", "x")), "CapabilityError quota");
});

Deno.test("registerHostFunction() replaces a function from the next call on", async () => {
  await using loaded = await loadPlugin("plugin");
  assertEquals(await loaded.call("shout_input", "x"), "X");
  loaded.extension.registerHostFunction("shout", () => "other");
  assertEquals(await loaded.call("shout_input", "x"), "other");
  loaded.extension.registerHostFunction("shout", async () => (await delay(1), "later"), {
    async: true,
  });
  assertEquals(await loaded.call("shout_input", "x"), "later");
});
