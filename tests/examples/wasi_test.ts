/** Programs of three languages behave under `airlock run` as native commands do. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { temporaryDirectory } from "../temporary.ts";

const at = (path: string) => fromFileUrl(new URL(`../../${path}`, import.meta.url));
const WORDS = at("examples/conventions/wasi/words/words.wasm");
const FORTH = at("examples/conventions/wasi/forth/forth.wasm");
const NUMBERED = at("examples/conventions/wasi/numbered/numbered.wasm");
const SPIN = at("tests/fixtures/wasi/spin.wasm");
const CALLS = at("tests/conformance/wasi_guests/calls/calls.wasm");
const PROCESS_MS = 60_000;
const encoder = new TextEncoder();

/** Starts a program; nothing is read or written yet. */
function start(module: string, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-all", "cli/main.ts", "run", module, "_start", ...args],
    cwd: at("."),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(PROCESS_MS),
  }).spawn();
}

async function finish(child: Deno.ChildProcess, input: string): Promise<[number, string, string]> {
  const writer = child.stdin.getWriter();
  await writer.write(encoder.encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  return [code, new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)];
}

Deno.test("airlock run gives a program in Go, C and AssemblyScript its streams and its status", async () => {
  const runs = await Promise.all([
    finish(start(WORDS), "c a b"),
    finish(start(WORDS, "--arg", "nonsense"), ""),
    finish(start(FORTH, "--arg", "read 2 * . 3 exit"), "21"),
    finish(start(NUMBERED, "--arg", "7"), "a\nb\n"),
    finish(start(NUMBERED, "--arg", "seven"), "a\n"),
  ]);
  assertEquals(runs, [
    [0, "3\n", ""],
    [1, "", "words: there is no function nonsense\n"],
    [3, "42 ", ""],
    [0, "     7  a\n     8  b\n", ""],
    [2, "", "numbered: the first number is none\n"],
  ]);
});

Deno.test("airlock run hands a program its input while it is still being written", async () => {
  const child = start(NUMBERED);
  const writer = child.stdin.getWriter();
  const reader = child.stdout.getReader();
  const answers: string[] = [];
  for (const line of ["one\n", "two\n"]) {
    await writer.write(encoder.encode(line));
    let answer = "";
    while (!answer.endsWith(line)) {
      const { value } = await reader.read();
      answer += new TextDecoder().decode(value);
    }
    answers.push(answer);
  }
  await writer.close();
  assertEquals(answers, ["     1  one\n", "     2  two\n"]);
  assertEquals((await reader.read()).done, true);
  await child.stderr.cancel();
  assertEquals((await child.status).code, 0);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  for (const [what, module] of [["waits for input", NUMBERED], ["loops", SPIN]] as const) {
    Deno.test(`airlock run lets ${signal} end a program that ${what}`, async () => {
      const child = start(module);
      const writer = child.stdin.getWriter();
      await writer.write(encoder.encode("it runs\n"));
      const reader = child.stdout.getReader();
      await reader.read();
      child.kill(signal);
      assertEquals((await child.status).signal, signal);
      await Promise.all([child.stderr.cancel(), reader.cancel(), writer.abort().catch(() => {})]);
    });
  }
}

Deno.test("airlock run ends a program whose output nobody reads any more", async () => {
  const child = start(NUMBERED);
  const reader = child.stdout.getReader();
  const writer = child.stdin.getWriter();
  await writer.write(encoder.encode("first\n"));
  await reader.read();
  await reader.cancel();
  const writing = (async () => {
    for (let line = 0; line < 10_000; line++) await writer.write(encoder.encode("more and more\n"));
  })().catch(() => {});
  const { code } = await child.status;
  assertEquals(code, 141);
  await Promise.all([writing, child.stderr.cancel(), writer.abort().catch(() => {})]);
});

Deno.test("airlock run gives a program the directories of --dir and no other", async () => {
  await using temporary = await temporaryDirectory({ "file": "text", "d/file": "" });
  const run = (...args: string[]) => finish(start(CALLS, ...args), "");
  const { path } = temporary;
  const readOnly = ["--arg", "readonly", "--arg", "/work"];
  assertEquals(await run("--dir", `${path}::/work::ro`, ...readOnly), [0, "", ""]);
  // the guest finds what it may not change, and complains where it may
  const [code, out] = await run("--dir", `${path}::/work`, ...readOnly);
  assertEquals(code, 1);
  assertStringIncludes(out, "readonly.c");
  const [elsewhere, told] = await run("--dir", `${path}::/elsewhere`, ...readOnly);
  assertEquals(elsewhere, 1);
  assertStringIncludes(told, "not so: root != NO_FD");
  for (const dir of ["", "a::b::c", "::", "::b"]) {
    assertEquals((await run("--dir", dir))[0], 122, dir);
  }
  assertEquals((await run("--dir", `${path}/missing`))[0], 122);
});
