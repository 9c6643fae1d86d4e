/** The package as its users get it: from a registry, into a project of their own. @module */

import { assertEquals, assertMatch } from "@std/assert";
import { copy } from "@std/fs";
import { dirname, fromFileUrl, join } from "@std/path";
import { importsOf, loadedFilesOf } from "../tools/import_lines.ts";
import { targetOf } from "../tools/rooms.ts";
import { packageFiles, readConfig, registryFiles, serveRegistry } from "./consumer/registry.ts";
import { temporaryDirectory } from "./temporary.ts";

const PROJECT = fromFileUrl(new URL("fixtures/consumer/", import.meta.url));

/** Milliseconds for one command of the consumer; type-checking the package takes most of it. */
const COMMAND_MS = 120_000;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs this Deno in the consumer's project; a command that hangs is killed. */
async function deno(
  cwd: string,
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { ...env, NO_COLOR: "1", DENO_NO_PROMPT: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(COMMAND_MS),
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Where Deno keeps npm packages: the only part of its cache that the consumer shares. */
async function npmCache(): Promise<string> {
  const { stdout } = await deno(".", {}, "info", "--json", "--no-config");
  return JSON.parse(stdout).npmCache;
}

Deno.test("deno.json publishes the package's rooms and nothing else", async () => {
  const config = await readConfig();
  const files = [...(await packageFiles(config)).keys()];
  const rooms = new Set(files.map((path) => path.split("/")[1]));
  assertEquals([...rooms].sort(), [
    "LICENSE",
    "README.md",
    "capabilities",
    "cli",
    "deno.json",
    "manifest",
    "mod.ts",
    "runtime",
  ]);
  assertEquals(files.filter((path) => path.endsWith("_test.ts")), []);
  for (const entry of Object.values(config.exports)) {
    assertEquals(files.includes(entry.replace(/^\./, "")), true, entry);
  }
});

Deno.test("every module that a published one needs is published", async () => {
  const files = await packageFiles(await readConfig());
  const missing: string[] = [];
  for (const [path, bytes] of files) {
    if (!/\.[jt]s$/.test(path)) continue;
    const text = new TextDecoder().decode(bytes);
    const named = [...importsOf(text).map(({ specifier }) => specifier), ...loadedFilesOf(text)];
    for (const specifier of named) {
      if (/^(?:jsr|npm|node):/.test(specifier)) continue;
      const target = targetOf(path.slice(1), specifier);
      if (!files.has(`/${target}`)) missing.push(`${path}: ${specifier}`);
    }
  }
  assertEquals(missing, []);
});

Deno.test("a project outside the repository runs every kind of extension", async () => {
  await using registry = serveRegistry(await registryFiles(await readConfig()));
  await using place = await temporaryDirectory({ "cache/.keep": "" });
  const project = join(place.path, "project");
  await copy(PROJECT, project);
  await Deno.symlink(await npmCache(), join(place.path, "cache/npm"), { type: "dir" });
  const env = { JSR_URL: registry.url, DENO_DIR: join(place.path, "cache") };
  assertEquals(dirname(project), place.path);

  const run = await deno(
    project,
    env,
    "run",
    "--check",
    "--allow-read=.",
    "--allow-run",
    "main.ts",
  );
  const value = { word: "pärla", n: [1, null] };
  assertEquals(run.stdout.trim().split("\n").map((line) => line && JSON.parse(line)), [
    ["echo-native", "native", "inline", value],
    ["echo-wasm", "wasm", "inline", value],
    ["echo-lane", "wasm", "worker", value],
    ["echo-quickjs", "quickjs", "inline", value],
    ["echo-worker", "js", "worker", value],
    ["echo-process", "js", "process", value],
    ["echo-ts", "js", "process", value],
  ], run.stderr);
  assertEquals(run.code, 0, run.stderr);

  const test = await deno(project, env, "test", "-A");
  assertEquals(test.code, 0, test.stdout + test.stderr);
  assertMatch(test.stdout, /^ok \| 5 passed \| 0 failed/m);

  const cli = ["run", "-A", "jsr:@airlock/host/cli", "check"];
  const clean = await deno(project, env, ...cli, "extensions/echo-ts");
  assertEquals(clean.code, 0, clean.stdout + clean.stderr);
  await Deno.writeTextFile(
    join(project, "extensions/echo-ts/echo.ts"),
    'import type { Airlock } from "@airlock/host/guest";\n' +
      "export function echo(airlock: Airlock): number { return airlock.config; }\n",
  );
  const wrong = await deno(project, env, ...cli, "extensions/echo-ts");
  assertMatch(wrong.stdout, /echo\.ts:2:\d+: .*\(TS2322\)/, wrong.stdout + wrong.stderr);
  assertEquals(wrong.code, 3);
  assertEquals(registry.missed, []);
});
