/**
 * What every guest convention has to hold, whatever it calls things: called once for each guest, and
 * run in each way a call can be made. A convention says how its guest is told to behave.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Extension, ExtensionError, ExtensionHost, type LoadOptions } from "../../mod.ts";

/** Makes one call, in the way that is being tested. */
export type Caller = (fn: string, payload: Uint8Array) => Promise<Uint8Array>;

/** One behaviour: makes the guest show it, through as many calls as its convention takes. */
export type Behaviour = (call: Caller, payload: Uint8Array) => Promise<Uint8Array>;

/** What a guest can be told to do. A behaviour that its convention does not have is left out. */
export interface Behaviours {
  /** Answers with the very bytes. */
  readonly echo: Behaviour;
  /** Counts its calls of this and answers with the number as text. */
  readonly count?: Behaviour;
  /** Reports an error with the payload as its text. */
  readonly fail?: Behaviour;
  /** Traps. */
  readonly trap: Behaviour;
  /** Grows its memory by a page and answers with the letter `G` from there. */
  readonly grow?: Behaviour;
  /** Logs the payload. */
  readonly log?: Behaviour;
  /** Prints the payload to standard output. */
  readonly print?: Behaviour;
  /** Answers with eight random bytes. */
  readonly random?: Behaviour;
}

/** One guest of one convention. */
export interface AbiGuest {
  /** Convention and language, for the tests' names. */
  readonly title: string;
  readonly abi: string;
  readonly module: URL;
  readonly behaviours: Behaviours;
  /** Exports that belong to the convention. */
  readonly reserved: readonly string[];
  /** What it takes to load. */
  readonly options?: LoadOptions;
  /** What it takes to load so that its calls may be suspended; left out where none can. */
  readonly waiting?: LoadOptions;
}

/** A way to make calls. */
interface Way {
  readonly name: string;
  readonly options: LoadOptions;
  readonly caller: (extension: Extension) => Caller;
}

const PAGE_BYTES = 65_536;
const utf8 = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** A guest that was loaded for one test. */
interface Loaded extends AsyncDisposable {
  readonly extension: Extension;
  readonly call: Caller;
}

/** Registers the tests of one guest. */
export function abiSuite(guest: AbiGuest): void {
  const { options = {}, waiting } = guest;
  const invoke = (extension: Extension): Caller => (fn, payload) => extension.invoke(fn, payload);
  const ways: Way[] = [
    {
      name: "invokeSync()",
      options,
      caller: (extension) => (fn, payload) =>
        new Promise((resolve) => resolve(extension.invokeSync(fn, payload))),
    },
    { name: "invoke()", options, caller: invoke },
  ];
  if (waiting !== undefined) {
    ways.push({
      name: "a call that may wait",
      options: { ...options, ...waiting },
      caller: invoke,
    });
  }
  for (const way of ways) suiteOf(guest, way);
  Deno.test(`${guest.title}: it is detected, and a name of its convention is no function`, async () => {
    await using loaded = await load(guest, { name: "", options, caller: invoke });
    const { extension } = loaded;
    assertEquals([extension.abi, extension.engine], [guest.abi, "wasm"]);
    assert(extension.memorySize >= PAGE_BYTES);
    for (const name of guest.reserved) {
      assertEquals(await codeOf(() => extension.invoke(name)), "unknown-function", name);
    }
    assertEquals(extension.stats().restarts, 0);
  });
}

function suiteOf(guest: AbiGuest, way: Way): void {
  const { echo, count, fail, trap, grow, log, print, random } = guest.behaviours;
  const test = (does: string, run: (loaded: Loaded) => Promise<void>, options?: LoadOptions) =>
    Deno.test(`${guest.title}: ${way.name} ${does}`, async () => {
      await using loaded = await load(guest, { ...way, options: { ...way.options, ...options } });
      await run(loaded);
    });

  test("takes and gives any bytes", async ({ call }) => {
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    const large = new Uint8Array(3 * PAGE_BYTES + 1).fill(7);
    for (const payload of [NOTHING, Uint8Array.of(0), every, utf8.encode("日本語 𝄞"), large]) {
      assertEquals(await echo(call, payload), payload);
    }
    assertEquals(await echo(call, every), every);
  });

  test("gives results of their own", async ({ call }) => {
    const first = await echo(call, utf8.encode("first"));
    await echo(call, utf8.encode("other"));
    assertEquals(new TextDecoder().decode(first), "first");
    assertEquals([first.byteOffset, first.buffer.byteLength], [0, 5]);
  });

  test("traps with its code and goes on with another instance", async ({ call, extension }) => {
    assertEquals(await codeOf(() => trap(call, NOTHING)), "trap");
    assertEquals(await echo(call, Uint8Array.of(1)), Uint8Array.of(1));
    assertEquals(extension.stats().restarts, 1);
  });

  if (count) {
    test("meets one instance that keeps its state", async ({ call, extension }) => {
      assertEquals(await text(count(call, NOTHING)), "1");
      const calls = [1, 2, 3, 4].map(() => text(count(call, NOTHING)));
      assertEquals(await Promise.all(calls), ["2", "3", "4", "5"]);
      assertEquals(await codeOf(() => trap(call, NOTHING)), "trap");
      assertEquals(await text(count(call, NOTHING)), "1");
      assertEquals(extension.stats().restarts, 1);
    });
  }

  if (fail) {
    test("reports the guest's own error and keeps its instance", async ({ call, extension }) => {
      const before = count && await text(count(call, NOTHING));
      const error = await failureOf(() => fail(call, utf8.encode("no such récord")));
      assertEquals([error.code, error.guest], ["guest-error", "no such récord"]);
      assert(!error.message.includes("récord"), error.message);
      if (count) assertEquals(await text(count(call, NOTHING)), `${Number(before) + 1}`);
      assertEquals(extension.stats().restarts, 0);
    });
  }

  if (grow) {
    test("reads a result from memory that grew during the call", async ({ call, extension }) => {
      await echo(call, NOTHING);
      for (let i = 0; i < 3; i++) {
        const before = extension.memorySize;
        assertEquals(await text(grow(call, NOTHING)), "G");
        assertEquals(extension.memorySize, before + PAGE_BYTES);
      }
    });
  }

  if (log) {
    const records: string[] = [];
    test("lets it log", async ({ call }) => {
      await log(call, utf8.encode("é"));
      await log(call, NOTHING);
      assertEquals(records, ["info é", "info "]);
    }, { log: ({ level, message }) => void records.push(`${level} ${message}`) });
  }

  if (print) {
    const lines: string[] = [];
    test("lets it print", async ({ call }) => {
      await print(call, utf8.encode("one\ntwo"));
      assertEquals(lines, ["one", "two"]);
    }, { stdout: (line) => void lines.push(line) });
  }

  if (random) {
    test("gives it the random bytes of its operator", async ({ call }) => {
      assertEquals(await random(call, NOTHING), new Uint8Array(8).fill(9));
    }, { random: (bytes) => void bytes.fill(9) });
  }

  test("is refused once it is closed", async ({ call, extension }) => {
    await extension.close();
    assertEquals(extension.memorySize, 0);
    assertEquals(await codeOf(() => echo(call, NOTHING)), "closed");
    await extension.close();
  });
}

async function load(guest: AbiGuest, { options, caller }: Way): Promise<Loaded> {
  const host = new ExtensionHost({ log: () => {} });
  const extension = await host.load(guest.module, options);
  return {
    extension,
    call: caller(extension),
    [Symbol.asyncDispose]: () => host.close(),
  };
}

/** A result as text. */
export async function text(result: Promise<Uint8Array>): Promise<string> {
  return new TextDecoder().decode(await result);
}

/** The error that `act` fails with. */
export function failureOf(act: () => Promise<unknown>): Promise<ExtensionError> {
  return assertRejects(act, ExtensionError);
}

/** The code of the error that `act` fails with. */
export async function codeOf(act: () => Promise<unknown>): Promise<string> {
  return (await failureOf(act)).code;
}
