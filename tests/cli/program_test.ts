/** `airlock run TOOL.wasm _start`: streams, arguments and exit status of a WASI program. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { capture } from "./capture.ts";
import { airlock, ROOT } from "./process.ts";

const at = (path: string) => fromFileUrl(new URL(`../../${path}`, import.meta.url));
const COMMAND = at("tests/fixtures/wasi/command.wasm");
const WORDS = at("examples/conventions/wasi/words/words.wasm");
const FORTH = at("examples/conventions/wasi/forth/forth.wasm");

const input = (text: string) => ({ input: new Blob([text]).stream() });

Deno.test("main() gives a WASI program standard input where there is no payload", async () => {
  const piped = await capture(["run", COMMAND, "_start"], input("from a pipe"));
  assertEquals([piped.code, piped.out, piped.err], [0, "command\nfrom a pipe", ""]);
  // a payload is the input; capture() fails when standard input is touched then
  const given = await capture(["run", COMMAND, "_start", "from the line"]);
  assertEquals([given.code, given.out], [0, "command\nfrom the line"]);
});

Deno.test("main() exits with the program's own status, and prints what it printed before", async () => {
  const args = ["run", COMMAND, "_start", "--arg", "a", "--arg", "b", "--arg", "c", "x"];
  const { code, out, err } = await capture(args);
  assertEquals([code, out, err], [2, "command\na\nb\nc\nx", ""]);
  for (const status of [0, 1, 119, 120, 255]) {
    const exited = await capture(["run", FORTH, "_start", "--arg", `${status} exit`], input(""));
    assertEquals(exited.code, status);
  }
});

Deno.test("main() leaves a program's standard error as it is", async () => {
  const { code, out, err } = await capture(["run", FORTH, "_start", "--arg", "7 . no-such-word"], {
    ...input(""),
  });
  assertEquals([code, out], [2, "7 "]);
  assertEquals(err, "forth: there is no such word: no-such-word\n");
});

Deno.test("main() exits with 120 and more for what is not the program's own failure", async () => {
  const run = async (...args: string[]) => (await capture(["run", ...args], input(""))).code;
  assertEquals(await run("/nonexistent.wasm", "_start"), 123);
  assertEquals(await run(COMMAND, "_start", "--timeout", "soon"), 122);
  assertEquals(await run("--bogus", COMMAND, "_start"), 122);
  assertEquals(await run(COMMAND, "_start", `--integrity=${"0".repeat(64)}`), 127);
  assertEquals(await run(at("examples/conventions/extism/count_vowels.wasm"), "_start"), 125);
  assertEquals(await run(COMMAND, "_start", "--memory", "1"), 125);
  const late = await capture(["run", FORTH, "_start", "--timeout=80", "--arg", ": a a ; a"], {
    ...input(""),
  });
  assertEquals(late.code, 2);
  assertStringIncludes(late.err, "too deeply");
});

Deno.test("main() with --json tells a program's output and status as JSON", async () => {
  const good = await capture(["run", "--json", COMMAND, "_start"], input("in"));
  const { ok, result } = JSON.parse(good.out);
  assertEquals([good.code, ok, result], [0, true, "command\nin"]);
  const bad = await capture(["run", "--json", FORTH, "_start", "--arg", "7 exit"], input(""));
  const { exit, error } = JSON.parse(bad.out);
  assertEquals([bad.code, exit, error.code], [7, 7, "guest-error"]);
});

Deno.test("airlock runs a program as a process does: bytes, status and function names", async () => {
  const program = [WORDS.slice(ROOT.length), "_start", "--timeout", "5000"];
  const counted = await airlock(["run", ...program], { stdin: "a b c" });
  assertEquals([counted.code, counted.out, counted.err], [0, "3\n", ""]);
  const sorted = await airlock(["run", WORDS, "sort", "c b a", "--timeout", "5000"]);
  assertEquals([sorted.code, sorted.out], [0, "a\nb\nc"]);
  const failed = await airlock(["run", ...program, "--arg", "nonsense"], { stdin: "" });
  assertEquals([failed.code, failed.out], [1, ""]);
  assert(failed.err.includes("words: there is no function nonsense"), failed.err);
});
