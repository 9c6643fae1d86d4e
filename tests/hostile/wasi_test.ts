/** Programs that want out of the directories they were given, or more of them than there is. @module */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  type AuditRecord,
  type Extension,
  ExtensionError,
  ExtensionHost,
  type LoadOptions,
  MemoryFiles,
} from "../../mod.ts";
import { ERRNO } from "../../runtime/wasi/errno.ts";
import { assertIdle } from "../cpu_use.ts";
import { temporaryDirectory } from "../temporary.ts";
import { attackerBytes } from "./wasm_guests.ts";

const LIMIT_MS = 300;
/** How much later than its limit a call may be over on a busy machine. */
const LATE_MS = 400;
const OK = 0;

/** Where programs run. */
const PLACES = [
  { where: "", isolation: "inline" },
  { where: " (in a worker)", isolation: "worker" },
] as const;

/** What a function answered: 0, an errno, or the code of what ended it. */
type Answer = number | string;

interface Attacker extends AsyncDisposable {
  readonly extension: Extension;
  readonly audit: readonly AuditRecord[];
  ask(fn: string, payload?: string): Promise<Answer>;
}

async function attack(file: string, options: LoadOptions = {}): Promise<Attacker> {
  const audit: AuditRecord[] = [];
  const host = new ExtensionHost({ log: () => {}, audit: (record) => void audit.push(record) });
  const bytes = await attackerBytes(`../wasi/${file}`);
  const extension = await host.load({ name: file.replace(".wat", ".wasm"), bytes }, {
    abi: "wasi",
    limits: { timeoutMs: 20_000, operations: null },
    ...options,
  });
  return {
    extension,
    audit,
    async ask(fn, payload = "") {
      try {
        await extension.invoke(fn, payload);
        return OK;
      } catch (error) {
        if (!(error instanceof ExtensionError)) throw error;
        return error.exitStatus ?? error.code;
      }
    },
    [Symbol.asyncDispose]: () => host.close(),
  };
}

/** A directory to be confined to, and what is beside it. */
async function scene() {
  const temporary = await temporaryDirectory({
    "inside/file": "inside",
    "outside/secret": "the secret",
  });
  const { path } = temporary;
  const links = [
    [join(path, "outside/secret"), "planted_file"],
    [join(path, "outside/new"), "planted_new"],
    [join(path, "outside"), "planted_dir"],
  ] as const;
  for (const [target, name] of links) await Deno.symlink(target, join(path, "inside", name));
  return {
    inside: { "/": { host: join(path, "inside"), write: true } },
    /** Everything is as it was, and no link was made that leads out. */
    async check() {
      assertEquals(await Deno.readTextFile(join(path, "outside/secret")), "the secret");
      assertEquals((await Array.fromAsync(Deno.readDir(join(path, "outside")))).length, 1);
      for await (const { name, isSymlink } of Deno.readDir(join(path, "inside"))) {
        assert(!isSymlink || name.startsWith("planted"), name);
      }
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

Deno.test("hostile 47, 48: no link leads a program out, whoever made it", async (t) => {
  const { NOTCAPABLE, LOOP, INVAL } = ERRNO;
  const refused: readonly (readonly [string, number])[] = [
    ["absolute", NOTCAPABLE],
    ["climbing", NOTCAPABLE],
    ["planted", NOTCAPABLE],
    ["planted_itself", LOOP],
    ["planted_new", NOTCAPABLE],
    ["planted_way", NOTCAPABLE],
    ["planted_stat", NOTCAPABLE],
    ["planted_link", INVAL],
    ["path_up", NOTCAPABLE],
    ["path_absolute", NOTCAPABLE],
    ["moved", NOTCAPABLE],
    ["moved_directory", NOTCAPABLE],
    ["too_far", NOTCAPABLE],
  ];
  for (const { where, isolation } of PLACES) {
    await t.step(`links.wat${where} against wasi`, async () => {
      await using place = await scene();
      await using attacker = await attack("links.wat", { preopens: place.inside, isolation });
      for (const [fn, errno] of refused) {
        assertEquals(await attacker.ask(fn), errno, fn);
        await place.check();
      }
      // every look at the host was one of the broker's
      assert(attacker.audit.some(({ capability }) => capability === "preopens"));
    });
  }
});

Deno.test("hostile 49: a list of buffers that no memory holds moves nothing", async (t) => {
  await t.step("lists.wat against wasi", async () => {
    await using attacker = await attack("lists.wat", { limits: { payloadBytes: 2 ** 21 } });
    const before = Deno.memoryUsage().rss;
    for (const fn of ["minus_one", "most", "read_minus_one"]) {
      assertEquals(await attacker.ask(fn), ERRNO.INVAL, fn);
    }
    assertEquals(await attacker.ask("outside"), ERRNO.FAULT);
    // the list becomes what was read: a buffer of 2^32 - 1 bytes
    assertEquals(await attacker.ask("over_itself", "\x08\0\0\0\xff\xff\xff\xff tail"), ERRNO.FAULT);
    assertEquals(await attacker.ask("all_of_it"), OK);
    assert(Deno.memoryUsage().rss - before < 200 * 1024 * 1024);
  });
});

Deno.test("hostile 50: no number makes a descriptor that nobody opened", async (t) => {
  await t.step("lists.wat against wasi", async () => {
    await using attacker = await attack("lists.wat");
    const before = Deno.memoryUsage().rss;
    for (const fn of ["renumber_far", "renumber_minus_one", "renumber_all", "close_far"]) {
      assertEquals(await attacker.ask(fn), ERRNO.BADF, fn);
    }
    assert(Deno.memoryUsage().rss - before < 200 * 1024 * 1024);
  });
});

Deno.test("hostile 51: what a program may keep ends at its caps, in bytes, names and descriptors", async (t) => {
  const fns = ["files", "directories", "far_byte", "far_allocate", "far_size"];
  await t.step("fills.wat against wasi", async () => {
    await using temporary = await temporaryDirectory();
    const { path } = temporary;
    await using attacker = await attack("fills.wat", {
      preopens: { "/": { host: path, write: true, files: 500 } },
    });
    assertEquals(await attacker.ask("descriptors"), ERRNO.MFILE);
    for (const fn of fns) {
      for (const { name } of [...Deno.readDirSync(path)]) {
        // what is taken away behind its back is not given back to it
        if (fn !== "files") Deno.removeSync(join(path, name));
      }
      const errno = await attacker.ask(fn);
      assert(errno === ERRNO.DQUOT || errno === 255, `${fn}: ${errno}`);
      const sizes = [...Deno.readDirSync(path)].map(({ name }) =>
        Deno.statSync(join(path, name)).size
      );
      assert(sizes.length <= 500 && sizes.every((size) => size < 1_000_000));
    }
    assert(attacker.audit.some(({ outcome }) => outcome === "quota"));
    // a call that ended leaves nothing open
    await using second = await attack("fills.wat", {
      preopens: { "/": { host: path, write: true } },
    });
    for (let i = 0; i < 3; i++) assertEquals(await second.ask("descriptors"), ERRNO.MFILE);
    for (const fn of ["far_byte", "far_allocate", "far_size"]) {
      assertEquals(await second.ask(fn), ERRNO.DQUOT, fn);
    }
  });
  await t.step("fills.wat (in memory) against wasi", async () => {
    const before = Deno.memoryUsage().rss;
    for (const fn of [...fns, "descriptors"]) {
      await using attacker = await attack("fills.wat", { preopens: { "/": new MemoryFiles() } });
      const expected = fn === "descriptors" ? ERRNO.MFILE : ERRNO.NOSPC;
      assertEquals(await attacker.ask(fn), expected, fn);
    }
    assert(Deno.memoryUsage().rss - before < 300 * 1024 * 1024);
  });
});

Deno.test("hostile 52: a wait ends with the call, and uses no processor", async (t) => {
  await t.step("waits.wat against wasi", async () => {
    await using attacker = await attack("waits.wat", { limits: { timeoutMs: LIMIT_MS } });
    for (const fn of ["year", "for_ever", "naps"]) {
      const start = performance.now();
      assertEquals(await attacker.ask(fn), "timeout", fn);
      assert(performance.now() - start < LIMIT_MS + LATE_MS, fn);
      await assertIdle();
    }
    for (const fn of ["million", "most"]) assertEquals(await attacker.ask(fn), ERRNO.INVAL, fn);
    assertEquals(await attacker.ask("no_clock"), ERRNO.INVAL);
  });
});

Deno.test("hostile 53: an exit is not caught", async (t) => {
  for (const { where, isolation } of PLACES) {
    await t.step(`exits.wat${where} against wasi`, async () => {
      const limits = { timeoutMs: LIMIT_MS * 10 };
      await using attacker = await attack("exits.wat", { limits, isolation });
      assertEquals(await attacker.ask("own"), OK);
      assertEquals(await attacker.ask("caught"), 3);
      assertEquals(await attacker.ask("again"), 5);
      assertEquals(await attacker.ask("zero"), OK);
      assertEquals(await attacker.ask("own"), OK);
    });
  }
});
