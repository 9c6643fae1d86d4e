/** Links, pipes and devices that would lead an extension's files elsewhere. @module */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { OperationError } from "../../../capabilities/errors.ts";
import { type Powers, powers } from "../../../capabilities/powers.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../temporary.ts";
import { codeOf, openFs } from "./fs_guest.ts";

const ALL = ["read", "write", "delete", "list", "stat"];

/** A store with something secret beside it. */
async function arena(): Promise<
  TemporaryDirectory & {
    readonly storage: string;
    link(target: string, name: string): Promise<void>;
  }
> {
  const temporary = await temporaryDirectory({
    "secret/key": "s3cret",
    "notes/data/a": "a",
    "notes/private/b": "b",
  });
  const storage = join(temporary.path, "notes");
  return {
    ...temporary,
    storage,
    link: (target, name) => Deno.symlink(target, join(storage, name)),
  };
}

async function untouched({ path }: TemporaryDirectory): Promise<void> {
  assertEquals(await Deno.readTextFile(join(path, "secret", "key")), "s3cret");
  const names = [...Deno.readDirSync(join(path, "secret"))].map(({ name }) => name);
  assertEquals(names, ["key"]);
}

Deno.test("fs follows no link out of its directory, at any part of the path", async () => {
  await using place = await arena();
  const { storage } = place;
  await place.link("../secret", "dir");
  await place.link("../secret/key", "data/file");
  await place.link(join(place.path, "secret/key"), "data/absolute");
  await place.link("../../secret/none", "data/dangling");
  await place.link("file", "data/chain");
  await place.link("..", "up");
  await using notes = await openFs({}, { storage });
  const paths = ["dir/key", "dir", "dir/new", "dir/new/er", "data/absolute", "up/secret/key", "up"];
  for (const path of [...paths, "data/dangling", "up/notes/../secret"]) {
    for (const operation of ALL) {
      // a path that leads out to nothing is nothing, unless it would be made
      if (path.startsWith("dir/new") && operation !== "write") continue;
      assertEquals(
        await codeOf(notes.call(operation, path, "evil")),
        "denied",
        `${operation} ${path}`,
      );
      assertEquals(notes.audit.at(-1)?.outcome, "denied");
    }
  }
  assertEquals(await notes.read("dir/new"), null);
  await untouched(place);
});

Deno.test("fs follows a link inside, but not to what is not granted there", async () => {
  await using place = await arena();
  await place.link("a", "data/alias");
  await place.link("../private/b", "data/out");
  await place.link("private", "data2");
  await using notes = await openFs({ read: ["data", "data2"], write: ["data"] }, {
    storage: place.storage,
  });
  assertEquals(await notes.text("data/alias"), "a");
  for (const path of ["data/out", "data2/b"]) {
    assertEquals(await codeOf(notes.read(path)), "denied", path);
  }
  assertEquals(await codeOf(notes.write("data/out", "evil")), "denied");
  assertEquals(await Deno.readTextFile(join(place.storage, "private", "b")), "b");
});

Deno.test("fs uses no file of its directory that has another name elsewhere", async () => {
  await using place = await arena();
  await Deno.link(join(place.path, "secret", "key"), join(place.storage, "data", "hard"));
  await using notes = await openFs({}, { storage: place.storage });
  for (const operation of ["read", "write", "delete", "stat"]) {
    assertEquals(await codeOf(notes.call(operation, "data/hard", "evil")), "denied", operation);
  }
  await untouched(place);
});

Deno.test("fs opens no pipe, and never waits for one", async () => {
  await using place = await arena();
  const pipe = join(place.storage, "pipe");
  const made = await new Deno.Command("mkfifo", { args: [pipe] }).output();
  assert(made.success);
  await using notes = await openFs({}, { storage: place.storage });
  for (const operation of ["read", "write"]) {
    const pending = notes.call(operation, "pipe", "evil");
    await assertRejects(() => pending, OperationError, "no file");
  }
  assertEquals((await notes.call("stat", "pipe") as { kind: string }).kind, "other");
});

Deno.test("fs touches no process, device or kernel, whatever is granted", async () => {
  await using place = await arena();
  await place.link("/proc/self", "self");
  await place.link("/dev/zero", "zero");
  const args = { read: ["/", "."], write: ["/", "."] };
  await using notes = await openFs(args, { storage: place.storage });
  const paths = ["/proc/self/environ", "/dev/zero", "/dev/stdin", "/sys/kernel", "/proc", "/dev"];
  for (const path of [...paths, "self/environ", "zero"]) {
    for (const operation of ALL) {
      const code = await codeOf(notes.call(operation, path, ""));
      assertEquals(code, "denied", `${operation} ${path}`);
    }
  }
});

/** Powers in which something happens right before a file is opened. */
function racing(before: () => Promise<void>): Powers {
  const { storage } = powers;
  return {
    ...powers,
    storage: {
      ...storage,
      async open(path, mode) {
        await before();
        return await storage.open(path, mode);
      },
    },
  };
}

Deno.test("fs notices a link or a directory that is swapped between check and open", async () => {
  const swaps: { readonly [name: string]: (store: string, secret: string) => Promise<void> } = {
    "the file for a link": async (store, secret) => {
      await Deno.rename(join(store, "data", "key"), join(store, "old"));
      await Deno.symlink(join(secret, "key"), join(store, "data", "key"));
    },
    "its directory for a link": async (store, secret) => {
      await Deno.rename(join(store, "data"), join(store, "old"));
      await Deno.symlink(secret, join(store, "data"));
    },
    "the file for a pipe": async (store) => {
      await Deno.remove(join(store, "data", "key"));
      await new Deno.Command("mkfifo", { args: [join(store, "data", "key")] }).output();
    },
    "the file for a directory": async (store) => {
      await Deno.remove(join(store, "data", "key"));
      await Deno.mkdir(join(store, "data", "key"));
    },
  };
  for (const [name, swap] of Object.entries(swaps)) {
    for (const operation of ["read", "write"]) {
      await using place = await arena();
      await place.write({ "notes/data/key": "mine" });
      const secret = join(place.path, "secret");
      const registry = new CapabilityRegistry({
        powers: racing(() => swap(place.storage, secret)),
      });
      await using notes = await openFs({}, { storage: place.storage, registry });
      await assertRejects(() => notes.call(operation, "data/key", "evil"), Error, "", name);
      await untouched(place);
    }
  }
});

Deno.test("fs notices a directory that is swapped for a link before a file is made in it", async () => {
  await using place = await arena();
  const swap = async () => {
    await Deno.rename(join(place.storage, "data"), join(place.storage, "old"));
    await Deno.symlink(join(place.path, "secret"), join(place.storage, "data"));
  };
  const registry = new CapabilityRegistry({ powers: racing(swap) });
  await using notes = await openFs({}, { storage: place.storage, registry });
  assertEquals(await codeOf(notes.write("data/new", "evil")), "denied");
  // the winner of the race got an empty file, and none of the bytes
  const made = await Deno.readTextFile(join(place.path, "secret", "new"));
  assertEquals(made, "");
  assertEquals(await Deno.readTextFile(join(place.path, "secret", "key")), "s3cret");
});

Deno.test("fs never touches the database of the extension, by whatever name", async () => {
  await using place = await arena();
  const { storage } = place;
  const names = ["data.db", "data.db-journal", "data.db-wal", "data.db-shm"];
  for (const name of names) await Deno.writeTextFile(join(storage, name), "pages");
  await place.link("data.db", "alias");
  await Deno.mkdir(join(storage, "in"));
  await place.link("..", "in/up");
  await using notes = await openFs({}, { storage });
  const wide = "\uff44ata.db"; // a full-width d
  for (
    const path of [...names, "./data.db", "data.db/", "DATA.DB", wide, "alias", "in/up/data.db"]
  ) {
    for (const operation of ALL) {
      // where names have case these are other files, which nothing may make either
      const isThere = !["DATA.DB", wide].includes(path);
      if (!isThere && operation !== "write") continue;
      const code = await codeOf(notes.call(operation, path, "evil"));
      assertEquals(code, "denied", `${operation} ${path}`);
    }
  }
  for (const name of names) {
    assertEquals(await Deno.readTextFile(join(storage, name)), "pages");
  }
  // nor does it see that there is one
  const top = await notes.call("list", ".") as { readonly name: string }[];
  assertEquals(top.map(({ name }) => name), ["alias", "data", "in", "private"]);
  // elsewhere the name is like any other
  await notes.write("data/data.db", "mine");
  assertEquals(await notes.text("data/data.db"), "mine");
});

Deno.test("fs keeps the database from who was granted the place around it, too", async () => {
  await using place = await arena();
  const { storage, path } = place;
  await Deno.writeTextFile(join(storage, "data.db"), "pages");
  await using notes = await openFs({ read: [path], write: [path] }, { storage });
  const database = join(storage, "data.db");
  for (const operation of ["read", "write", "delete", "stat"]) {
    assertEquals(await codeOf(notes.call(operation, database, "evil")), "denied", operation);
  }
  assertEquals(await codeOf(notes.write(join(storage, "data.db-journal"), "evil")), "denied");
  const tree = { tree: 0, path: "notes/data.db", read: true, write: false, create: false };
  const open = () => notes.broker.calls.callSync("fs.wasi_open", tree);
  assertEquals((assertThrows(open) as { code?: unknown }).code, "NOTCAPABLE");
  assertEquals(await notes.text(join(path, "secret/key")), "s3cret");
  assertEquals(await Deno.readTextFile(database), "pages");
});

Deno.test("fs follows links inside of what is granted, or none where an operator says so", async () => {
  await using place = await arena();
  const { storage } = place;
  await place.link("a", "data/same");
  await place.link("data", "dir");
  {
    await using notes = await openFs({}, { storage });
    assertEquals(await notes.text("data/same"), "a");
    await notes.write("dir/new", "n");
  }
  await using notes = await openFs({ links: "refuse" }, { storage });
  assertEquals(await notes.text("data/a"), "a");
  for (const operation of ALL) {
    for (const path of ["data/same", "dir/a", "dir/other", "dir"]) {
      if (path === "dir/other" && operation !== "write") continue;
      assertEquals(
        await codeOf(notes.call(operation, path, "evil")),
        "denied",
        `${operation} ${path}`,
      );
    }
  }
  assertEquals([...Deno.readDirSync(join(storage, "data"))].length, 3);
});

Deno.test("fs refuses links when either side does, and knows two words for it", () => {
  const { capability } = new CapabilityRegistry().get("fs") ?? {};
  const both = (a: string | undefined, b: string | undefined) =>
    capability?.intersect?.(
      { read: ["x"], ...a ? { links: a } : {} },
      { read: ["x"], ...b ? { links: b } : {} },
    )?.["links"];
  assertEquals(both(undefined, undefined), undefined);
  assertEquals(both("inside", "inside"), undefined);
  assertEquals(both("refuse", "inside"), "refuse");
  assertEquals(both(undefined, "refuse"), "refuse");
  for (const links of ["follow", "", true, 1, ["refuse"]]) {
    assertEquals(capability?.parse({ links }).ok, false);
  }
});

Deno.test("fs keeps the database from WASI programs too, and its links where they are refused", async () => {
  await using place = await arena();
  const { storage } = place;
  for (const name of ["data.db", "data.db-journal"]) {
    await Deno.writeTextFile(join(storage, name), "pages");
  }
  await place.link("data", "dir");
  const codes = (guest: Awaited<ReturnType<typeof openFs>>) => {
    const call = (operation: string, args: object) =>
      guest.broker.calls.callSync(`fs.wasi_${operation}`, { tree: 0, ...args } as never);
    const codeOf = (operation: string, args: object) => {
      try {
        return call(operation, args);
      } catch (error) {
        return (error as { code: unknown }).code;
      }
    };
    return { call, codeOf };
  };
  {
    await using notes = await openFs({}, { storage });
    const { call, codeOf } = codes(notes);
    const names = call("names", { path: "" }) as readonly string[];
    assertEquals(names.toSorted(), ["data", "dir", "private"]);
    for (const path of ["data.db", "data.db-journal", "data.db-wal", "DATA.DB"]) {
      const attempts: readonly (readonly [string, object])[] = [
        ["open", { path, read: true, write: false, create: false }],
        ["open", { path, read: true, write: true, create: true }],
        ["stat", { path }],
        ["unlink", { path }],
        ["setTimes", { path, atime: 0, mtime: 0 }],
        ["link", { path, to: "alias" }],
        ["link", { path: "data/a", to: path }],
        ["rename", { path, to: "moved" }],
        ["rename", { path: "data/a", to: path }],
        ["makeDirectory", { path }],
        ["makeLink", { path, target: "data/a" }],
      ];
      for (const [operation, args] of attempts) {
        assertEquals(codeOf(operation, args), "NOTCAPABLE", `${operation} ${path}`);
      }
    }
    assertEquals(call("readLink", { path: "dir" }), "data");
  }
  assertEquals(await Deno.readTextFile(join(storage, "data.db")), "pages");
  await using strict = await openFs({ links: "refuse" }, { storage });
  const { codeOf } = codes(strict);
  assertEquals(codeOf("readLink", { path: "dir" }), "NOTCAPABLE");
  assertEquals(codeOf("makeLink", { path: "new", target: "data" }), "NOTCAPABLE");
});
