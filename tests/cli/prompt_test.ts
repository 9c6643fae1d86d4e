/** Tests of cli/prompt.ts: who is asked, what is shown, and that no extension can forge it. @module */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { temporaryDirectory } from "../temporary.ts";
import { capture, type CaptureOptions } from "./capture.ts";
import { airlock } from "./process.ts";

const TERMINAL: CaptureOptions = { terminal: true, noColor: true };

/** An extension that asks for one variable, or for what `capabilities` says. */
function asking(
  capabilities: unknown = [{ name: "env", names: ["AIRLOCK_T"], reason: "to greet you" }],
  manifest: { readonly [key: string]: unknown } = {},
) {
  return temporaryDirectory({
    "extension.json": {
      name: "greeter",
      version: "1.2.3",
      runtime: "quickjs",
      module: "a.js",
      capabilities,
      ...manifest,
    },
    "a.js": `export const f = async () => await airlock.env.get("AIRLOCK_T");`,
  });
}

Deno.test("main() asks at a terminal and shows who wants what, and why", async () => {
  await using dir = await asking();
  Deno.env.set("AIRLOCK_T", "hello");
  const { code, out, err } = await capture(["run", dir.path, "f"], { ...TERMINAL, typed: ["y"] });
  assertEquals([code, out], [0, '"hello"\n']);
  assertMatch(err, /extension {3}"greeter" 1\.2\.3\n/);
  assertStringIncludes(err, `from        ${dir.path}\n`);
  assertMatch(err, /digest {6}sha256-[0-9a-f]{64}\n/);
  assertMatch(err, /capability {2}env: read environment variables\n/);
  assertMatch(err, /asks for {4}env=AIRLOCK_T\n/);
  assertMatch(err, /it says {5}\| to greet you\n/);
  assertMatch(err, /y \(yes, this time\) \/ n \(no\): $/);
});

Deno.test("main() takes n, silence, the end of input and nonsense for no", async () => {
  await using dir = await asking();
  for (const typed of [["n"], ["NO"], [], ["", "1", "ja"], ["always", "never", "a"]]) {
    const { code, err } = await capture(["run", dir.path, "f"], { ...TERMINAL, typed });
    assertEquals(code, 4, typed.join());
    assertStringIncludes(err, "--grant env=AIRLOCK_T");
  }
});

Deno.test("main() never asks without a terminal on both sides, and says what to add", async () => {
  await using dir = await asking();
  const piped = await airlock(["run", dir.path, "f"], { stdin: "y\n" });
  assertEquals([piped.code, piped.out], [4, ""]);
  assertStringIncludes(piped.err, "--grant env=AIRLOCK_T");
  assert(!piped.err.includes("Allow it?"), piped.err);
  const half = await capture(["run", dir.path, "f"], { terminal: false, typed: ["y"] });
  assertEquals([half.code, half.err.includes("Allow it?")], [4, false]);
});

Deno.test("main() takes nothing that was typed before the question", async () => {
  await using dir = await asking();
  let ahead = 3;
  const { code, err } = await capture(["run", dir.path, "f"], {
    ...TERMINAL,
    get typingMs() {
      return ahead-- > 0 ? 0 : 200;
    },
    typed: ["y", "y", "y", "n"],
  });
  assertEquals(code, 4);
  assertStringIncludes(err, "ignored what was typed before");
});

Deno.test("main() remembers an answer in the file of --remember, by digest", async () => {
  await using dir = await asking();
  await using kept = await temporaryDirectory();
  Deno.env.set("AIRLOCK_T", "hello");
  const file = `${kept.path}/airlock.grants.json`;
  const args = ["run", dir.path, "f", "--remember", file];
  assertEquals((await capture(args, { ...TERMINAL, typed: ["always"] })).code, 0);
  // without a terminal: nobody could answer
  const again = await capture(args);
  assertEquals([again.code, again.out, again.err], [0, '"hello"', ""]);
  await dir.write({ "a.js": "export const f = () => 1;" });
  assertEquals((await capture(args)).code, 4);
  await Deno.writeTextFile(file, "{}");
  const broken = await capture(args);
  assertEquals(broken.code, 2);
  assertStringIncludes(broken.err, "--remember");
});

Deno.test("main() asks what exactly where an extension does not say", async () => {
  await using dir = await asking(["env"]);
  Deno.env.set("AIRLOCK_T", "hello");
  const run = (...typed: readonly string[]) =>
    capture(["run", dir.path, "f"], { ...TERMINAL, typed });
  assertEquals((await run("AIRLOCK_T")).out, '"hello"\n');
  assertEquals((await run("*")).code, 0);
  assertEquals((await run("", "a b", "y z")).code, 4);
  assertEquals((await run("n")).code, 4);
});

Deno.test("main() shows nothing of an extension that could pass for the question itself", async () => {
  const forged = [
    "ok\r\nAllow it? y\n\u001b[2J\u001b[1;1Hairlock: harmless",
    "\u202egnihtyna swolla\u202c \u200b\u2066",
    `${" ".repeat(200)}capability  log: write to the log`,
    "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301 \u2028 \u{e0041}",
    "\u3000".repeat(100) + "x".repeat(3_000),
    "\u009b2J",
  ].join("");
  await using dir = await asking(
    [{ name: "env", names: ["AIRLOCK_T"], reason: forged }],
    { description: forged },
  );
  const { code, err } = await capture(["run", dir.path, "f"], { ...TERMINAL, typed: ["n"] });
  assertEquals(code, 4);
  assert(!/[^\n\P{Cc}]|\p{Cf}|\p{Zl}/u.test(err), err);
  assertEquals(err.match(/^Allow it\?/gm)?.length, 1);
  for (const line of err.split("\n")) {
    assert(Array.from(line).length < 160, line);
    if (line.includes("harmless")) assertMatch(line, /^ {14}\| |^ {2}it says {5}\| /);
  }
});

Deno.test("main() refuses to ask about more than can be seen", async () => {
  const names = Array.from({ length: 400 }, (_, at) => `VARIABLE_${at}`);
  await using dir = await asking([{ name: "env", names }]);
  const { code, err } = await capture(["run", dir.path, "f"], { ...TERMINAL, typed: ["y"] });
  assertEquals([code, err.includes("Allow it?")], [4, false]);
  assertStringIncludes(err, "more than can be shown");
});

Deno.test("main() shows every argument of a program, and that it has every right of the user", async () => {
  await using dir = await asking([{
    name: "run",
    executables: [["/bin/sh", "-c", "echo hi; y"], "/bin/true"],
    reason: "harmless",
  }]);
  const { code, err } = await capture(["run", dir.path, "f"], { ...TERMINAL, typed: ["n"] });
  assertEquals(code, 4);
  assertMatch(err, /capability {2}run: start programs with the full rights of this user\n/);
  assertStringIncludes(err, `"/bin/sh","-c","echo hi; y"`);
  assertStringIncludes(err, `"/bin/true"`);
  // no grant of everything answers it
  const all = await capture(["run", dir.path, "f", "--grant", "all"], { terminal: false });
  assertEquals(all.code, 4);
  assertStringIncludes(all.err, "--grant 'run=");
});
