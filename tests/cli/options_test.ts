/** Arguments, read by the one table. @module */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CliError } from "../../cli/failure.ts";
import { OPTIONS, readArguments } from "../../cli/options.ts";
import { settingsOf } from "../../cli/settings.ts";

function usage(args: readonly string[]): string {
  const error = assertThrows(() => readArguments(args), CliError);
  assertEquals(error.code, "usage");
  return error.message;
}

Deno.test("readArguments() tells operands from options wherever they stand", () => {
  const { operands, values } = readArguments(
    ["--json", "run", "a", "--grant", "kv", "f", "--grant=env=A,B", "-", "--timeout=5"],
  );
  assertEquals(operands, ["run", "a", "f", "-"]);
  assertEquals(values.has("json"), true);
  assertEquals(values.list("grant"), ["kv", "env=A,B"]);
  assertEquals(values.text("timeout"), "5");
  assertEquals(values.text("memory"), undefined);
});

Deno.test("readArguments() takes what follows -- as operands", () => {
  assertEquals(readArguments(["run", "a", "f", "--", "--json"]).operands, [
    "run",
    "a",
    "f",
    "--json",
  ]);
});

Deno.test("readArguments() refuses an unknown option and tells the closest", () => {
  const message = usage(["run", "--grnat", "kv"]);
  assertStringIncludes(message, "--grnat");
  assertStringIncludes(message, "did you mean --grant?");
  assertStringIncludes(usage(["run", "a", "f", "-5"]), "after --");
});

Deno.test("readArguments() refuses a missing value, one too many, and an option said twice", () => {
  assertStringIncludes(usage(["run", "--timeout"]), "--timeout=MS");
  assertStringIncludes(usage(["run", "--timeout", "--json"]), "--timeout=MS");
  assertStringIncludes(usage(["run", "--json=yes"]), "takes no value");
  assertStringIncludes(usage(["run", "--timeout=1", "--timeout=2"]), "more than once");
});

Deno.test("OPTIONS has each name and letter once", () => {
  const names = OPTIONS.flatMap(({ name, short }) => short === undefined ? [name] : [name, short]);
  assertEquals(new Set(names).size, names.length);
});

async function settings(...args: string[]) {
  return (await settingsOf(readArguments(args).values)).load;
}

async function refused(...args: string[]): Promise<string> {
  try {
    await settings(...args);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    assertEquals(error.code, "usage");
    return error.message;
  }
  throw new Error(`accepted ${args.join(" ")}`);
}

Deno.test("settingsOf() reads sizes as units or as pages of 64 KiB", async () => {
  assertEquals((await settings("--memory=64MiB")).limits, { memoryBytes: 67_108_864 });
  assertEquals((await settings("--memory=16")).limits, { memoryBytes: 1_048_576 });
  assertEquals((await settings("--memory=512KiB")).limits, { memoryBytes: 524_288 });
  for (const bad of ["0", "64MB", "-1", "1.5MiB", "MiB", "", "9999999999GiB"]) {
    assertStringIncludes(await refused(`--memory=${bad}`), "--memory");
  }
});

Deno.test("settingsOf() refuses a time that is no positive number", async () => {
  assertEquals((await settings("--timeout", "2.5")).limits, { timeoutMs: 2.5 });
  for (const bad of ["0", "1s", "-1", "", "Infinity", "1e3"]) {
    assertStringIncludes(await refused(`--timeout=${bad}`), "--timeout");
  }
});

Deno.test("settingsOf() reads configuration in place and from a file", async () => {
  assertEquals((await settings('--config={"a":1}')).config, { a: 1 });
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, '{"b":2}');
    assertEquals((await settings("--config", file)).config, { b: 2 });
    await Deno.writeTextFile(file, "[1]");
    assertStringIncludes(await refused("--config", file), "JSON object");
  } finally {
    await Deno.remove(file);
  }
  assertStringIncludes(await refused("--config", file), "--config");
  assertStringIncludes(await refused("--config={"), "not JSON");
});

Deno.test("settingsOf() reads grants, environment, arguments and isolation", async () => {
  const load = await settings(
    ...["--grant=env=LANG,TZ", "--grant=kv", "--env=A=1=2", "--arg=x", "--arg=y"],
    "--isolation=process",
  );
  assertEquals({ ...load.grants as object }, { env: { names: ["LANG", "TZ"] }, kv: true });
  assertEquals(load.env, { A: "1=2" });
  assertEquals(load.args, ["x", "y"]);
  assertEquals(load.isolation, "process");
});

Deno.test("settingsOf() refuses grants, isolation, environment and hashes that make no sense", async () => {
  assertStringIncludes(await refused("--grant=evn"), "env");
  assertStringIncludes(await refused("--isolation=proces"), "inline, worker, process");
  assertStringIncludes(await refused("--env=A"), "KEY=VALUE");
  assertStringIncludes(await refused("--integrity=abc"), "--integrity");
});
