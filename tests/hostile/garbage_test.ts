/** What a command may find where an extension should be: it says so, where, with the right exit code, and at once. @module */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { capture } from "../cli/capture.ts";
import { temporaryDirectory } from "../temporary.ts";

/** Longest that any of it may take. */
const LIMIT_MS = 10_000;
const INVALID = 3;
const USAGE = 2;

const MANIFEST = '{"name":"x","runtime":"wasm","module":"m.wasm"}';

async function fifo(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert(success, "there is no mkfifo here");
}

/** Garbage by its name below a temporary directory. */
const GARBAGE: { readonly [name: string]: (path: string) => Promise<void> } = {
  "nothing": () => Promise.resolve(),
  "empty_directory": (path) => Deno.mkdir(path),
  "no_bytes.wasm": (path) => Deno.writeTextFile(path, ""),
  "no_module.wasm": (path) => Deno.writeTextFile(path, "hello"),
  "random.wasm": (path) =>
    Deno.writeFile(
      path,
      Uint8Array.from({ length: 5_000 }, (_, at) => at < 8 ? HEAD[at] ?? 0 : at),
    ),
  "fifo.wasm": fifo,
  "device.wasm": (path) => Deno.symlink("/dev/zero", path),
  "loop.wasm": (path) => Deno.symlink(path, path),
  "giant.wasm": async (path) => {
    await Deno.writeTextFile(path, "");
    await Deno.truncate(path, 5 * 2 ** 30);
  },
  "manifest_fifo": async (path) => {
    await Deno.mkdir(path);
    await fifo(join(path, "extension.json"));
  },
  "manifest_toml_fifo": async (path) => {
    await Deno.mkdir(path);
    await fifo(join(path, "pulp.cell.toml"));
  },
  "manifest_directory": (path) => Deno.mkdir(join(path, "extension.json"), { recursive: true }),
  "manifest_device": async (path) => {
    await Deno.mkdir(path);
    await Deno.symlink("/dev/zero", join(path, "extension.json"));
  },
  "manifest_loop": async (path) => {
    await Deno.mkdir(path);
    await Deno.symlink("extension.json", join(path, "extension.json"));
  },
  "module_fifo": async (path) => {
    await Deno.mkdir(path);
    await Deno.writeTextFile(join(path, "extension.json"), MANIFEST);
    await fifo(join(path, "m.wasm"));
  },
  "module_loop": async (path) => {
    await Deno.mkdir(path);
    await Deno.writeTextFile(join(path, "extension.json"), MANIFEST);
    await Deno.symlink("m.wasm", join(path, "m.wasm"));
  },
  "toml_deep": async (path) => {
    await Deno.mkdir(path);
    await Deno.writeTextFile(join(path, "pulp.cell.toml"), `a=${"[".repeat(200_000)}`);
  },
  "\x1b]0;title\x07.wasm": (path) => Deno.writeTextFile(path, "hello"),
  ["a".repeat(300)]: () => Promise.resolve(),
};
const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

const COMMANDS: { readonly [command: string]: readonly string[] } = {
  inspect: [],
  check: [],
  run: ["fn"],
  bench: ["fn"],
};

Deno.test("hostile 46: garbage in the place of an extension is told, and no command hangs on it", async (t) => {
  await using temporary = await temporaryDirectory();
  for (const [name, make] of Object.entries(GARBAGE)) {
    const path = join(temporary.path, name);
    await make(path);
    const shown = name.length > 40 ? "a name of 300 letters" : name.replaceAll(/[^ -~]/g, "?");
    await t.step(`${shown} against host`, async () => {
      for (const [command, more] of Object.entries(COMMANDS)) {
        const start = performance.now();
        const { code, out, err } = await capture([command, path, ...more]);
        assertEquals(code, INVALID, `${command}: ${out}${err}`);
        assert(performance.now() - start < LIMIT_MS, command);
        const said = out + err;
        assert(!/[^ -~\n]|\n\s+at /.test(said), said);
        assertMatch(said, name.includes("title") ? /title/ : new RegExp(name.slice(0, 40)));
      }
    });
  }
});

Deno.test("hostile 46: an option that names a file without end is refused", async (t) => {
  for (
    const options of [["--config", "/dev/zero"], ["--tls-cert", "/dev/zero", "--tls-key", "x"]]
  ) {
    await t.step(`${options[0]} /dev/zero against host`, async () => {
      const { code, err } = await capture(["serve", "examples/conventions/gk", ...options]);
      assertEquals(code, USAGE, err);
      assertMatch(err, /as the file is larger than \d+/);
    });
  }
});
