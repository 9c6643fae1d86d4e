/** WASI programs as extensions: input, output, arguments, status, and a fresh instance a call. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Extension,
  ExtensionError,
  ExtensionHost,
  type LoadOptions,
} from "../../../../mod.ts";
import { failure } from "./extism_guest.ts";

const FIXTURES = new URL("../../../fixtures/wasi/", import.meta.url);
const EXAMPLES = new URL("../../../../examples/conventions/wasi/", import.meta.url);

interface LoadedProgram extends AsyncDisposable {
  readonly extension: Extension;
  readonly lines: readonly string[];
  call(fn: string, input?: string | Uint8Array): Promise<string>;
}

async function load(module: URL, options: LoadOptions = {}): Promise<LoadedProgram> {
  const lines: string[] = [];
  const host = new ExtensionHost({
    log: ({ level, message }) => void lines.push(`${level} ${message}`),
  });
  try {
    const extension = await host.load(module, options);
    return {
      extension,
      lines,
      call: async (fn, input) => new TextDecoder().decode(await extension.invoke(fn, input)),
      [Symbol.asyncDispose]: () => host.close(),
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}

const command = new URL("command.wasm", FIXTURES);
const reactor = new URL("reactor.wasm", FIXTURES);

Deno.test("wasi runs a command with the payload as input and the output as result", async () => {
  await using program = await load(command);
  const { extension, call } = program;
  assertEquals([extension.abi, extension.exports], ["wasi", []]);
  assertEquals(await call("_start", "héllo"), "command\nhéllo");
  assertEquals(await call("_start"), "command\n");
  assertEquals(await call("validate", "x"), "command\nvalidate\nx");
  const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i);
  const result = await extension.invoke("_start", bytes);
  assertEquals(result.subarray("command\n".length), bytes);
  assertEquals(extension.invokeSync("_start", "now").length, "command\nnow".length);
});

Deno.test("wasi hands a command its name, the function and the program's arguments", async () => {
  await using program = await load(command, { args: ["-v", "a b"] });
  const error = await assertRejects(() => program.call("check", ""), ExtensionError);
  assertEquals([error.code, error.exitStatus], ["guest-error", 2]);
  assertStringIncludes(error.message, "it exited with status 2");
  // nobody took it as a result, so it is told
  assertEquals(program.lines, ["info command", "info check", "info -v", "info a b"]);
});

Deno.test("wasi runs a reactor's functions, each call in a fresh instance", async () => {
  await using program = await load(reactor);
  const { extension, call } = program;
  assertEquals(extension.abi, "wasi");
  assertEquals(await call("echo", "in and out"), "in and out");
  for (let i = 0; i < 3; i++) assertEquals(await call("fresh"), "");
  assertEquals(await call("complain", "on standard error\nand on"), "");
  assertEquals(program.lines, ["warn on standard error", "warn and on"]);
  assertEquals(await call("leave_well", "left"), "left");
});

Deno.test("wasi reports a status that is returned or exited with", async () => {
  await using program = await load(reactor);
  for (const [fn, status] of [["fail", 9], ["leave", 300]] as const) {
    const error = await assertRejects(() => program.call(fn, "why\n"), ExtensionError);
    assertEquals([error.code, error.exitStatus], ["guest-error", status]);
  }
  assertEquals(await failure(program.call("trap", "before")), "trap");
  assertEquals(program.lines, ["info why", "info why", "info before"]);
  assertEquals(await program.call("echo", "goes on"), "goes on");
});

Deno.test("wasi has no function that a reactor does not export, or of another form", async () => {
  await using program = await load(reactor);
  for (const fn of ["_initialize", "_start", "missing", "memory", "takes", "__proto__", ""]) {
    assertEquals(await failure(program.call(fn)), "unknown-function", fn);
  }
});

Deno.test("wasi runs calls side by side, each with its own streams", async () => {
  await using program = await load(command, { limits: { instances: 4 } });
  const inputs = Array.from({ length: 20 }, (_, n) => "x".repeat(n));
  const results = await Promise.all(inputs.map((input) => program.call("f", input)));
  assertEquals(results, inputs.map((input) => `command\nf\n${input}`));
  assert(program.extension.memorySize <= 4 * 2 * 65_536);
});

Deno.test("wasi caps what a program prints as its result", async () => {
  await using program = await load(command, { limits: { payloadBytes: 1000 } });
  assertEquals(await failure(program.call("_start", "x".repeat(995))), "payload-limit");
  assertEquals((await program.call("_start", "x".repeat(992))).length, 1000);
});

Deno.test("wasi hands bytes to an operator who wants them, and gives no result then", async () => {
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  const streams = {
    stdout: (bytes: Uint8Array) => void out.push(bytes),
    stderr: (bytes: Uint8Array) => void err.push(bytes),
  };
  await using program = await load(reactor, { streams });
  const bytes = Uint8Array.of(0, 255, 10, 27);
  assertEquals(await program.extension.invoke("echo", bytes), new Uint8Array(0));
  await program.extension.invoke("complain", bytes);
  assertEquals([out, err], [[bytes], [bytes]]);
});

Deno.test("wasi is chosen only where no other convention fits, and says what it looks for", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  const plain = new URL("plain.wasm", FIXTURES);
  const error = await assertRejects(() => host.load(plain), ExtensionError);
  assertStringIncludes(error.message, 'wasi (the export "_start"');
  const forced = await assertRejects(() => host.load(plain, { abi: "wasi" }), ExtensionError);
  assertStringIncludes(forced.message, 'it exports neither "_start" nor "_initialize"');
  const validator = new URL("../../extensions/validate-go/validate.wasm", EXAMPLES);
  assertEquals((await host.load(validator)).abi, "base");
});

Deno.test("a command in Go answers, exits, sleeps and panics as a program does", async () => {
  await using program = await load(new URL("words/words.wasm", EXAMPLES), {
    args: ["one"],
    env: { GREETING: "hello" },
    limits: { timeoutMs: 5_000 },
  });
  const { call } = program;
  assertEquals(await call("sort", "c a b"), "a\nb\nc");
  assertEquals(await call("arguments", ""), "words|arguments|one hello");
  assertEquals(await call("sleep", ""), "slept");
  const error = await assertRejects(() => call("exit", "41"), ExtensionError);
  assertEquals(error.exitStatus, 41);
  const panic = await assertRejects(() => call("panic", "at the disco"), ExtensionError);
  assertEquals(panic.exitStatus, 2);
  assert(program.lines.includes("warn panic: at the disco"), program.lines.join("\n"));
});

Deno.test("an interpreter in C runs a script as an extension", async () => {
  const script =
    ": square read dup * . ; : sum read read + . ; : small read 10 < if ok ; : ok 1 . ;";
  await using program = await load(new URL("forth/forth.wasm", EXAMPLES), { args: [script] });
  assertEquals(await program.call("square", "12"), "144 ");
  assertEquals(await program.call("sum", "40 2"), "42 ");
  const error = await assertRejects(() => program.call("cube", "3"), ExtensionError);
  assertEquals([error.code, error.exitStatus], ["guest-error", 2]);
  assertEquals(program.lines, ["warn forth: there is no such word: cube"]);
});
