/**
 * What holds for every guest that calls functions of the embedder by name, synchronous and suspended:
 * called once for each guest.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ExtensionError,
  ExtensionHost,
  Fault,
  hostFunction,
  type HostFunctionContext,
  json,
  type LoadOptions,
  msgpack,
} from "../../mod.ts";
import { codeOf, failureOf } from "./abi_suite.ts";
import { Asking, type AskingGuest } from "./asking.ts";

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const raise = (reason: unknown): never => {
  throw reason;
};
const upper = (payload: Uint8Array) => new TextDecoder().decode(payload).toUpperCase();
const upperLater = async (payload: Uint8Array) => (await delay(2), upper(payload));
const never = hostFunction("never", () => new Promise<void>(() => {}), { async: true });

/** Registers the tests of one guest, on this thread and in a worker. */
export function hostFunctionSuite(guest: AskingGuest): void {
  for (const isolation of ["inline", "worker"] as const) suiteIn(isolation, guest);

  Deno.test(`${guest.title}: load() refuses host functions that are none, or two of a name`, async () => {
    await using host = new ExtensionHost({ log: () => {} });
    const wrong: LoadOptions[] = [
      { hostFunctions: { upper: "upper" as unknown as () => string } },
      { hostFunctions: [hostFunction("a", upper), hostFunction("a", upper)] },
      { callHandler: {} as unknown as () => string },
    ];
    for (const options of wrong) {
      await assertRejects(() => host.load(guest.module, options), TypeError, "Cannot take");
    }
    assertEquals(host.extensions(), []);
  });
}

function suiteIn(isolation: "inline" | "worker", guest: AskingGuest): void {
  const where = isolation === "inline" ? "" : " of a guest in a worker";
  const test = (does: string, options: LoadOptions, run: (asking: Asking) => Promise<void>) =>
    Deno.test(`${guest.title}: a host function${where} ${does}`, async () => {
      await using host = new ExtensionHost({ log: () => {} });
      const extension = await host.load(guest.module, { ...options, isolation });
      await run(new Asking(guest, extension));
    });

  test("answers bytes and text, at once", { hostFunctions: { upper } }, async (asking) => {
    assertEquals(await asking.ask("upper", "abc"), "ABC");
    assertEquals(await asking.ask("upper", ""), "");
    assertEquals(await asking.askNow("upper", "é"), "É");
  });

  test("may answer nothing", {
    hostFunctions: { nothing() {}, empty: () => new Uint8Array(0) },
  }, async (asking) => {
    assertEquals(await asking.ask("nothing", "abc"), "");
    assertEquals(await asking.ask("empty", "abc"), "");
  });

  const seen: HostFunctionContext[] = [];
  test("is told who calls what", {
    hostFunctions: [hostFunction("who", (_, context) => void seen.push(context))],
  }, async (asking) => {
    await asking.ask("who", "");
    const { name } = asking;
    const { namespace, binding } = guest;
    const [{ call, deadline, signal, ...who }] = seen as [HostFunctionContext];
    assert(typeof call === "function" && deadline > performance.now());
    // a guest elsewhere waits for every answer, and whoever waits can be told to stop
    assertEquals(signal !== undefined, isolation === "worker");
    const names = { operation: "who", namespace, binding, extension: name, chain: [name] };
    assertEquals(who, { ...names, hostContext: undefined });
  });

  test(
    "that does not exist is an error of the guest",
    { hostFunctions: { upper } },
    async (asking) => {
      for (
        const name of ["missing", "uppe", "upper ", "toString", "__proto__", "constructor", ""]
      ) {
        const { code, guest } = await failureOf(() => asking.ask(name, "x"));
        assertEquals([code, guest], [
          "guest-error",
          `no handler registered for operation '${name}'`,
        ]);
      }
      assertEquals(asking.restarts, 0);
    },
  );

  test("that fails tells the guest its message and nothing more", {
    hostFunctions: {
      error() {
        throw new RangeError("out of rânge", { cause: new Error("secret") });
      },
      text: () => raise("plain words"),
      nothing: () => raise(undefined),
      async late() {
        await delay(1);
        throw new TypeError("too late");
      },
    },
  }, async (asking) => {
    const messages = {
      error: "out of rânge",
      text: "plain words",
      nothing: "operation 'nothing' failed",
      late: "too late",
    };
    for (const [name, message] of Object.entries(messages)) {
      assertEquals((await failureOf(() => asking.ask(name, "x"))).guest, message);
    }
    assertEquals(asking.restarts, 0);
  });

  test("loses against a call handler", {
    hostFunctions: { upper },
    callHandler: (payload, { operation, namespace, binding }) =>
      `${binding}/${namespace}/${operation}:${upper(payload)}`,
  }, async (asking) => {
    const prefix = `${guest.binding}/${guest.namespace}`;
    assertEquals(await asking.ask("upper", "a"), `${prefix}/upper:A`);
    assertEquals(await asking.ask("any thing", "b"), `${prefix}/any thing:B`);
    assertEquals(await asking.askNow("", "c"), `${prefix}/:C`);
  });

  test("can be a call handler that waits", {
    callHandler: async (payload, { operation }) => `${operation}:${await upperLater(payload)}`,
  }, async (asking) => {
    assertEquals(await asking.ask("x", "a"), "x:A");
  });

  test("registered after the load answers from the next call on", {}, async (asking) => {
    const { extension } = asking;
    assertEquals(await codeOf(() => asking.ask("upper", "a")), "guest-error");
    const takeBack = extension.registerHostFunction("upper", upper);
    assertEquals(await asking.askNow("upper", "a"), "A");
    extension.registerHostFunction("upper", () => "replaced");
    takeBack();
    assertEquals(await asking.ask("upper", "a"), "replaced");
    extension.registerHostFunction("upper", upper)();
    assertEquals(await codeOf(() => asking.ask("upper", "a")), "guest-error");
  });

  test("may wait, twice in one call", { hostFunctions: { upperLater, upper } }, async (asking) => {
    assertEquals(await asking.ask("upperLater", "abc"), "ABC");
    assertEquals(await asking.ask("upper", "abc"), "ABC");
    assertEquals(await asking.askTwice("upperLater", "ab"), "ABAB");
    assertEquals(codeOfSync(() => asking.askSync("upper", "abc")), "needs-async");
    const answers = ["a", "b", "c"].map((payload) => asking.ask("upperLater", payload));
    assertEquals(await Promise.all(answers), ["A", "B", "C"]);
    assertEquals(asking.restarts, 0);
  });

  test("that waits can come and go, and the instance stays", {}, async (asking) => {
    assertEquals(await asking.count(), "1");
    const takeBack = asking.extension.registerHostFunction("later", upperLater);
    assertEquals(await asking.ask("later", "a"), "A");
    assertEquals(codeOfSync(() => asking.askSync("later", "a")), "needs-async");
    assertEquals(await asking.count(), "2");
    takeBack();
    asking.extension.registerHostFunction("later", upper);
    assertEquals(await asking.askNow("later", "b"), "B");
    assertEquals(await asking.count(), "3");
  });

  test("that gives a promise undeclared is an error of the guest", {
    hostFunctions: { promise: () => delay(1).then(() => "x"), rejects: () => Promise.reject("x") },
  }, async (asking) => {
    for (const name of ["promise", "rejects"]) {
      assertEquals(
        (await failureOf(() => asking.ask(name, ""))).guest,
        `operation '${name}' answers with a promise and is not declared async`,
      );
    }
    await delay(5); // a rejection that nobody took would end the process
  });

  test("is told of an abort, and the call rejects with its reason", {}, async (asking) => {
    const reason = new Error("not needed any more");
    let told: unknown;
    const controller = new AbortController();
    asking.extension.registerHostFunction("wait", async (_, { signal }) => {
      setTimeout(() => controller.abort(reason), 5);
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      told = signal?.reason;
    });
    const result = asking.ask("wait", "", { signal: controller.signal });
    assertEquals(await result.catch((error) => error), reason);
    await delay(1);
    assertEquals(told, reason);
    assertEquals([await asking.count(), asking.restarts], ["1", 1]);
  });

  test("that never answers runs into the deadline", { hostFunctions: [never] }, async (asking) => {
    assertEquals(await codeOf(() => asking.ask("never", "", { timeoutMs: 20 })), "timeout");
    assertEquals([await asking.count(), asking.restarts], ["1", 1]);
  });

  test(
    "that waits ends when its extension is closed",
    { hostFunctions: [never] },
    async (asking) => {
      const code = codeOf(() => asking.ask("never", ""));
      await asking.extension.close();
      assertEquals(await code, "closed");
      assertThrows(
        () => asking.extension.registerHostFunction("upper", upper),
        ExtensionError,
        "closed",
      );
    },
  );

  test("takes and gives values through a codec", {
    hostFunctions: [
      hostFunction("add", ({ a, b }: { a: number; b: number }) => a + b, { codec: msgpack }),
      hostFunction("addLater", async ([a, b]: number[]) => (await delay(1), `${a}${b}`), {
        codec: json,
      }),
      hostFunction("nothing", () => undefined, { codec: msgpack }),
    ],
  }, async (asking) => {
    const sum = await asking.bytes("add", msgpack.encode({ a: 40, b: 2 }) as Uint8Array);
    assertEquals(msgpack.decode(sum), 42);
    assertEquals(await asking.ask("addLater", "[1,2]"), '"12"');
    assertEquals(await asking.ask("nothing", ""), "");
  });

  test("takes no payload that its codec cannot read", {
    hostFunctions: [hostFunction("pack", () => "", { codec: msgpack })],
  }, async (asking) => {
    // two are enough: a third failure within ten seconds closes a guest
    for (const bytes of [[0xc1], [1, 1]]) {
      const code = await codeOf(() => asking.bytes("pack", Uint8Array.from(bytes)));
      assertEquals([code, await asking.count()], ["bad-guest-data", "1"]);
    }
    assertEquals(asking.restarts, 2);
  });

  test("that waits takes no payload that its codec cannot read either", {
    hostFunctions: [
      hostFunction("later", () => delay(1).then(() => ""), { codec: json, async: true }),
    ],
  }, async (asking) => {
    assertEquals(await codeOf(() => asking.ask("later", "{")), "bad-guest-data");
    assertEquals(await asking.ask("later", "{}"), '""');
  });

  test("can insist on a shape", {
    hostFunctions: [
      hostFunction("strict", (value: string) => `${value}`, {
        codec: json,
        input: (value): value is string => typeof value === "string",
      }),
    ],
  }, async (asking) => {
    assertEquals(await asking.ask("strict", '"yes"'), '"yes"');
    assertEquals(
      (await failureOf(() => asking.ask("strict", "1"))).guest,
      "the payload of operation 'strict' does not have the expected shape",
    );
  });

  test("whose answer is too large, or no payload, is an error of the guest", {
    limits: { payloadBytes: 100 },
    hostFunctions: {
      large: () => new Uint8Array(101),
      fits: () => "x".repeat(100),
      number: (() => 7) as unknown as () => string,
    },
  }, async (asking) => {
    assertEquals(
      (await failureOf(() => asking.ask("large", ""))).guest,
      "operation 'large' was answered with 101 bytes where 100 are allowed",
    );
    assertEquals(
      (await failureOf(() => asking.ask("number", ""))).guest,
      "Cannot encode as bytes: current value is a number",
    );
    assertEquals((await asking.ask("fits", "")).length, 100);
  });

  test("that takes every call has to answer with bytes or text", {
    callHandler: (() => 7) as unknown as () => string,
  }, async (asking) => {
    assertEquals(
      (await failureOf(() => asking.ask("number", ""))).guest,
      "operation 'number' was answered with neither bytes nor text",
    );
  });

  test("counts against the operations of a call", {
    limits: { operations: 1 },
    hostFunctions: { upper },
  }, async (asking) => {
    assertEquals(await asking.ask("upper", "a"), "A");
    assertEquals(await codeOf(() => asking.askTwice("upper", "a")), "guest-error");
    assertEquals(await asking.ask("upper", "b"), "B");
  });

  test("ends the guest with a fault of its own choice", {
    hostFunctions: {
      end() {
        throw new Fault("out-of-fuel", "enough");
      },
    },
  }, async (asking) => {
    assertEquals(await codeOf(() => asking.ask("end", "")), "out-of-fuel");
    assertEquals([await asking.count(), asking.restarts], ["1", 1]);
  });

  if (isolation === "worker") return;
  test("that calls its own guest finds it busy", {}, async (asking) => {
    asking.extension.registerHostFunction("again", () => asking.askSync("again", ""));
    const { guest } = await failureOf(() => asking.ask("again", ""));
    assert(guest.includes("every instance is in a call"), guest);
    assertEquals(await asking.count(), "1");
  });
}

function codeOfSync(act: () => unknown): string {
  return assertThrows(act, ExtensionError).code;
}
