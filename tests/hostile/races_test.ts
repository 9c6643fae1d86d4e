/** Attacks between a check and what was checked: another file, another address, another program. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { CapabilityRegistry } from "../../capabilities/catalog.ts";
import { type Powers, powers } from "../../capabilities/powers.ts";
import { ask, open } from "../capabilities/open.ts";
import { testServer } from "../capabilities/gated/net_server.ts";
import { temporaryDirectory } from "../temporary.ts";

const SECRET = "the-secret-of-the-operator";

/** Powers that let somebody else act right before a file is opened. */
function racing(act: () => Promise<void>): Powers {
  let done = false;
  return {
    ...powers,
    storage: {
      ...powers.storage,
      async open(path, mode) {
        if (!done) await act();
        done = true;
        return await powers.storage.open(path, mode);
      },
    },
  };
}

type Swap = (store: string, outside: string) => Promise<void>;

const SWAPS: { readonly [name: string]: Swap } = {
  "a file that becomes a link": async (store, outside) => {
    await Deno.remove(join(store, "data/key"));
    await Deno.symlink(join(outside, "key"), join(store, "data/key"));
  },
  "a file that becomes a second name": async (store, outside) => {
    await Deno.remove(join(store, "data/key"));
    await Deno.link(join(outside, "key"), join(store, "data/key"));
  },
  "a directory that becomes a link": async (store, outside) => {
    await Deno.rename(join(store, "data"), join(store, "old"));
    await Deno.symlink(outside, join(store, "data"));
  },
  "a file that becomes a pipe": async (store) => {
    await Deno.remove(join(store, "data/key"));
    await new Deno.Command("mkfifo", { args: [join(store, "data/key")] }).output();
  },
};

Deno.test("hostile 43: what was checked is swapped before it is opened", async (t) => {
  for (const [name, swap] of Object.entries(SWAPS)) {
    await t.step(`${name} against host`, async () => {
      for (const operation of ["read", "write"]) {
        await using directory = await temporaryDirectory({
          "storage/notes/data/key": "mine",
          "outside/key": SECRET,
        });
        const storage = join(directory.path, "storage/notes");
        const outside = join(directory.path, "outside");
        const registry = new CapabilityRegistry({ powers: racing(() => swap(storage, outside)) });
        const granted = { fs: { read: ["data"], write: ["data"] } };
        await using notes = await open({ registry, asks: [ask("fs")], granted, storage });
        const { call } = notes.broker.calls;
        const args = { path: "data/key", ...operation === "write" ? { bytes: "evil" } : {} };
        const error = await assertRejects(() => call(`fs.${operation}`, args), Error);
        assert(!error.message.includes(SECRET));
        assertEquals(await Deno.readTextFile(join(outside, "key")), SECRET);
        assertEquals([...Deno.readDirSync(outside)].length, 1);
      }
    });
  }
});

Deno.test("hostile 39: a name that means another address when it is connected to", async (t) => {
  for (const address of ["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1"]) {
    await t.step(`rebinding to ${address} against host`, async () => {
      await using granted = testServer();
      await using inside = testServer("127.0.0.2");
      // the first answer is granted, each later one leads inside
      const answers = [["127.0.0.1"]];
      const power: Powers = {
        ...powers,
        net: {
          ...powers.net,
          resolve: () => Promise.resolve(answers.shift() ?? [address, "127.0.0.2"]),
        },
      };
      const hosts = [`rates.example:${granted.port}`, `127.0.0.1:${granted.port}`];
      const registry = new CapabilityRegistry({ powers: power });
      await using notes = await open({ registry, asks: [ask("net")], granted: { net: { hosts } } });
      const fetch = () =>
        notes.broker.calls.call("net.fetch", { url: `http://rates.example:${granted.port}/` });
      // connected to what was checked, not to what the name means by then
      assertEquals((await fetch() as { status: number }).status, 200);
      const error = await assertRejects(fetch, Error);
      assertEquals((error as { code?: unknown }).code, "denied");
      assertEquals([granted.seen.length, inside.seen.length], [1, 0]);
    });
  }
});

Deno.test("hostile 43: a program that is another one by the time it is started", async (t) => {
  await t.step("swapped program against host", async () => {
    await using directory = await temporaryDirectory({ "tool": "#!/bin/sh\necho good\n" });
    const path = join(directory.path, "tool");
    await Deno.chmod(path, 0o755);
    const args = { executables: [path] };
    await using notes = await open({ asks: [ask("run", args)], granted: { run: args } });
    const start = () => notes.broker.calls.call("run.start", { command: path });
    assertEquals((await start() as { code: number }).code, 0);
    await Deno.remove(path);
    await Deno.writeTextFile(path, "#!/bin/sh\necho evil\n", { mode: 0o755 });
    const error = await assertRejects(start, Error);
    assertEquals((error as { code?: unknown }).code, "denied");
  });
});
