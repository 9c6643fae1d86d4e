/** Programs off their host's thread that use what lies between a question and its answer. @module */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ExtensionError, ExtensionHost } from "../../mod.ts";
import { ERRNO } from "../../runtime/wasi/errno.ts";
import { temporaryDirectory } from "../temporary.ts";
import { attackerBytes } from "./wasm_guests.ts";

/** So often is a program ended in the midst of opening a file. */
const ENDED = 200;

async function scene() {
  const list = new Uint32Array([512, 4, 700, 8, 0, 0]);
  const temporary = await temporaryDirectory({ file: "" });
  const path = join(temporary.path, "file");
  await Deno.writeFile(path, new Uint8Array(list.buffer));
  const host = new ExtensionHost({ log: () => {} });
  const extension = await host.load(
    { name: "lane.wasm", bytes: await attackerBytes("../wasi/lane.wat") },
    {
      abi: "wasi",
      isolation: "worker",
      limits: { operations: null },
      preopens: { "/": { host: temporary.path, write: true } },
    },
  );
  return {
    /** 0, an errno, or what ended the program. */
    async ask(fn: string, timeoutMs = 20_000): Promise<number | string> {
      try {
        await extension.invoke(fn, "", { timeoutMs });
        return 0;
      } catch (error) {
        if (!(error instanceof ExtensionError)) throw error;
        return error.exitStatus ?? error.code;
      }
    },
    /** How many descriptors of this process lead to the file. */
    open: () =>
      [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
        try {
          return Deno.readLinkSync(`/proc/self/fd/${name}`) === path;
        } catch (error) {
          if (error instanceof Deno.errors.NotFound) return false;
          throw error;
        }
      }).length,
    async [Symbol.asyncDispose]() {
      await host.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}

Deno.test("hostile 49: a list of buffers that is read over itself is told as what it is", async (t) => {
  await t.step("lane.wat against wasi", async () => {
    await using place = await scene();
    assertEquals(await place.ask("over"), ERRNO.FAULT);
    assertEquals(await place.ask("own"), 0);
  });
});

Deno.test("hostile 51: a program that is ended while it opens a file leaves none open", async (t) => {
  await t.step("lane.wat against wasi", async () => {
    await using place = await scene();
    for (let i = 0; i < ENDED; i++) {
      assertEquals(await place.ask("opens", 1 + i % 5), "timeout");
    }
    // what was left is closed as the next call begins
    assertEquals(await place.ask("own"), 0);
    assert(place.open() <= 1, `${place.open()} files are open`);
  });
});
