/** Tests of capabilities/gated/run.ts: real programs, started, fed, cut off and refused. @module */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { JsonObject } from "../../../manifest/manifest.ts";
import {
  CapabilityError,
  CapabilityRegistry,
  checkAsks,
  OperationError,
  parseGrantFlags,
} from "../../../capabilities/mod.ts";
import { temporaryDirectory } from "../../temporary.ts";
import { ask, open, type Opened, type OpenOptions } from "../open.ts";

const SH = "/bin/sh";

/** What the operation answers. */
interface Ended {
  readonly code: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const script = (code: string) => [SH, "-c", code];

/** Opens it with these commands asked for and granted. */
function openRun(
  executables: readonly (string | readonly string[])[],
  options: OpenOptions = {},
): Promise<Opened> {
  const args = { executables } as JsonObject;
  return open({ asks: [ask("run", args)], granted: { run: args }, ...options });
}

function start(
  { broker }: Opened,
  command: unknown,
  options?: unknown,
  how?: { readonly signal?: AbortSignal; readonly deadline?: number },
): Promise<Ended> {
  const args = { command, ...options === undefined ? {} : { options } };
  return broker.calls.call("run.start", args as never, how) as Promise<unknown> as Promise<Ended>;
}

/** Whether a process is there, seen from outside. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    // a zombie runs no more
    return !/\) Z /.test(stat);
  } catch {
    return false;
  }
}

/** The process that writes its id into `path` as it starts. */
async function pidIn(path: string): Promise<number> {
  for (let i = 0; i < 500; i++) {
    const pid = Number(await Deno.readTextFile(path).catch(() => ""));
    if (pid > 0) return pid;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("the program did not start");
}

async function assertGone(pid: number): Promise<void> {
  for (let i = 0; i < 200 && await isAlive(pid); i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertEquals(await isAlive(pid), false);
}

Deno.test("run.start feeds a program and answers what it wrote and how it ended", async () => {
  const echo = script("cat; echo oops >&2; exit 3");
  await using opened = await openRun([echo]);
  const { code, stdout, stderr } = await start(opened, echo, { stdin: "milk" });
  assertEquals([code, text(stdout), text(stderr)], [3, "milk", "oops\n"]);
  const bytes = await start(opened, echo, { stdin: new Uint8Array([0, 255]) });
  assertEquals([...bytes.stdout], [0, 255]);
  const { audit } = opened;
  assertEquals(audit.map(({ operation, outcome, summary }) => [operation, outcome, summary]), [
    ["start", "allowed", echo.join(" ")],
    ["start", "allowed", echo.join(" ")],
  ]);
});

Deno.test("run.start gives a program an empty environment, the root as directory, and no terminal", async () => {
  const look = script(
    "cat /proc/self/environ | tr '\\0' '\\n' | sed 's/=.*//'; pwd; test -t 0 || echo none",
  );
  Deno.env.set("AIRLOCK_SECRET_OF_HOST", "hunter2");
  await using opened = await openRun([look]);
  const { stdout } = await start(opened, look);
  // the shell itself sets some
  const lines = text(stdout).split("\n").filter((line) => !/^(?:|PWD|OLDPWD|SHLVL|_)$/.test(line));
  assertEquals(lines, ["/", "none"]);
});

Deno.test("run.start starts nothing but exactly what was granted", async () => {
  await using directory = await temporaryDirectory();
  const granted = script("echo granted");
  const mark = join(directory.path, "mark");
  await using opened = await openRun([granted, "/bin/true"]);
  const others = [
    script(`touch ${mark}`),
    [...granted, "more"],
    granted.slice(0, 2),
    SH,
    "/bin/false",
    ["/bin/true", "--version"],
    ["/bin/true", ""],
  ];
  for (const command of others) {
    const error = await assertRejects(() => start(opened, command), CapabilityError);
    assertEquals([error.code, error.capability], ["denied", "run"]);
    assertStringIncludes(error.grant, "run=");
    const [capability, ...rest] = Object.entries(
      parseGrantFlags([error.grant], new CapabilityRegistry()) as Record<string, unknown>,
    );
    assertEquals([capability?.[0], rest], ["run", []]);
  }
  const tricks = [
    "true",
    "./true",
    "bin/true",
    "/bin/../bin/true",
    "/bin//true",
    "/bin/./true",
    "/bin/true/",
    "/bin/true\0",
    "/bin/tr%2fue",
    "",
    [],
    null,
    7,
    { path: "/bin/true" },
    ["/bin/true", 7],
    [["/bin/true"]],
    ["/bin/true\n/bin/sh"],
  ];
  for (const command of tricks) {
    const error = await assertRejects(() => start(opened, command), CapabilityError);
    assertEquals(error.code, "denied");
  }
  assertEquals((await start(opened, "/bin/true")).code, 0);
  assertEquals((await start(opened, ["/bin/true"])).code, 0);
  assertEquals([...Deno.readDirSync(directory.path)], []);
});

Deno.test("run.start takes no environment, no directory and no shell from a guest", async () => {
  await using opened = await openRun(["/bin/true"]);
  for (const name of ["env", "cwd", "args", "shell", "LD_PRELOAD", "__proto__"]) {
    const options = JSON.parse(`{${JSON.stringify(name)}: {"LD_PRELOAD": "/evil.so"}}`);
    await assertRejects(() => start(opened, "/bin/true", options), TypeError);
  }
  for (const options of [7, "x", [], { stdin: 7 }, { timeoutMs: 0 }, { timeoutMs: "1" }]) {
    await assertRejects(() => start(opened, "/bin/true", options), TypeError);
  }
});

Deno.test("run.start refuses a program that is another one by now, and one that extensions write", async () => {
  await using directory = await temporaryDirectory({ "storage/notes/tool": "", "bin/tool": "" });
  const at = (path: string) => join(directory.path, path);
  const write = async (path: string, code: string, mode = 0o755) => {
    await Deno.writeTextFile(path, `#!${SH}\n${code}\n`);
    await Deno.chmod(path, mode);
  };
  for (const path of ["storage/notes/tool", "bin/tool", "bin/other", "bin/open"]) {
    await write(at(path), "echo good", path === "bin/open" ? 0o777 : 0o755);
  }
  await Deno.symlink(at("bin/tool"), at("bin/link"));
  const names = ["storage/notes/tool", "bin/tool", "bin/link", "bin/open", "bin/none"].map(at);
  await using opened = await openRun(names, { storage: at("storage/notes") });
  const codeOf = (path: string) =>
    start(opened, at(path)).then(({ stdout }) => text(stdout), (error) => error.code);

  assertEquals(await codeOf("bin/tool"), "good\n");
  // a link is the operator's as long as it leads where it led
  assertEquals(await codeOf("bin/link"), "good\n");
  assertEquals(await codeOf("storage/notes/tool"), "denied");
  assertEquals(await codeOf("bin/open"), "denied");
  assertEquals(await codeOf("bin/none"), "unavailable");

  await Deno.remove(at("bin/link"));
  await Deno.symlink(at("bin/other"), at("bin/link"));
  assertEquals(await codeOf("bin/link"), "denied");
  await write(at("bin/tool"), "echo evil");
  assertEquals(await codeOf("bin/tool"), "denied");
});

Deno.test("run.start kills a program at its time limit, an abort, a revocation and the end of the extension", async () => {
  await using directory = await temporaryDirectory();
  const mark = join(directory.path, "pid");
  const endless = script(`echo $$ > ${mark}; while :; do :; done`);
  const again = async () => {
    await Deno.remove(mark).catch(() => {});
    return await openRun([endless]);
  };
  {
    await using opened = await again();
    const late = start(opened, endless, { timeoutMs: 300 });
    const [error, pid] = await Promise.all([assertRejects(() => late, DOMException), pidIn(mark)]);
    assertEquals(error.name, "TimeoutError");
    await assertGone(pid);
  }
  {
    await using opened = await again();
    const deadline = performance.now() + 300;
    const late = start(opened, endless, undefined, { deadline });
    const [error, pid] = await Promise.all([assertRejects(() => late, DOMException), pidIn(mark)]);
    assertEquals(error.name, "TimeoutError");
    await assertGone(pid);
  }
  {
    await using opened = await again();
    const controller = new AbortController();
    const aborted = start(opened, endless, undefined, { signal: controller.signal });
    const pid = await pidIn(mark);
    const reason = new Error("enough");
    controller.abort(reason);
    assertEquals(await aborted.catch((error) => error), reason);
    await assertGone(pid);
  }
  {
    await using opened = await again();
    const revoked = start(opened, endless);
    const pid = await pidIn(mark);
    opened.broker.revoke("spawn");
    assertEquals((await assertRejects(() => revoked, CapabilityError)).code, "revoked");
    await assertGone(pid);
  }
  {
    const opened = await again();
    const closed = start(opened, endless);
    closed.catch(() => {});
    const pid = await pidIn(mark);
    await opened.broker.close();
    await assertGone(pid);
  }
});

Deno.test("run.start ends what a program started, and does not wait for it", async () => {
  await using directory = await temporaryDirectory();
  const mark = join(directory.path, "pid");
  // the child keeps standard output open after its parent has ended
  const leaves = script(`sleep 600 & echo $! > ${mark}; echo left`);
  const stays = script(`sleep 600 & echo $! > ${mark}; wait`);
  await using opened = await openRun([leaves, stays]);
  const before = performance.now();
  assertEquals(text((await start(opened, leaves)).stdout), "left\n");
  assert(performance.now() - before < 5_000);
  Deno.kill(await pidIn(mark), "SIGKILL");
  await Deno.remove(mark);

  const late = start(opened, stays, { timeoutMs: 300 });
  await assertRejects(() => late, DOMException);
  await assertGone(await pidIn(mark));
});

Deno.test("run.start ends a program that writes too much, and starts only a few at a time", async () => {
  const flood = ["/usr/bin/yes", "x".repeat(1_000)];
  const sleeping = ["/bin/sleep", "600"];
  await using opened = await openRun([flood, sleeping]);
  const error = await assertRejects(() => start(opened, flood), CapabilityError);
  assertEquals([error.code, error.capability], ["quota", "run"]);

  const running = Array.from({ length: 4 }, () => start(opened, sleeping));
  for (const each of running) each.catch(() => {});
  const fifth = await assertRejects(() => start(opened, sleeping), CapabilityError);
  assertEquals(fifth.code, "quota");
});

Deno.test("run.start says that a program cannot be started, and nothing else of this machine", async () => {
  await using directory = await temporaryDirectory({ "tool": "no program" });
  const path = join(directory.path, "tool");
  await using opened = await openRun([path, directory.path]);
  for (const each of [path, directory.path]) {
    const error = await assertRejects(() => start(opened, each), OperationError);
    assertEquals(error.code, "unavailable");
  }
});

Deno.test("run is asked for and granted command by command, never by all, never without saying what", async () => {
  const registry = new CapabilityRegistry();
  const one = { executables: ["/bin/true", ["/bin/echo", "hi"]] };
  const asks = [ask("run", one, true)];
  for (
    const [granted, expected] of [
      ["all", undefined],
      [{ all: true as const }, undefined],
      [{ run: true as const }, one.executables],
      [{ spawn: { executables: ["/bin/true"] } }, ["/bin/true"]],
      [{ run: { executables: [["/bin/true"], "/bin/echo"] } }, ["/bin/true"]],
      [{ run: { executables: [["/bin/echo", "hi"]] } }, [["/bin/echo", "hi"]]],
      [{ run: { executables: ["/bin/false"] } }, undefined],
    ] as const
  ) {
    await using opened = await open({ asks, granted: granted as never });
    assertEquals(opened.broker.has("run"), expected !== undefined);
    if (!expected) continue;
    for (const command of expected) assertEquals((await start(opened, command)).code, 0);
  }
  const wrong: readonly JsonObject[] = [
    {},
    { executables: [] },
    { executables: ["*"] },
    { executables: "/bin/true" },
    { executables: ["true"] },
    { executables: ["/bin/../bin/true"] },
    { executables: [["/bin/true", "\n"]] },
    { executables: [["/bin/true", "\u202e"]] },
    { executables: [[]] },
    { executables: ["/bin/true"], env: {} },
    { executables: Array.from({ length: 65 }, () => "/bin/true") },
  ];
  for (const args of wrong) {
    assert(checkAsks([ask("run", args)], registry).length > 0, JSON.stringify(args));
  }
  assertEquals(checkAsks([ask("spawn", one)], registry), []);
  assertEquals(parseGrantFlags(["run=/bin/true", "run=/bin/false"], registry), {
    run: { executables: ["/bin/true", "/bin/false"] },
  });
});

Deno.test("run needs the permissions it names: the programs alone", () => {
  const { capability } = new CapabilityRegistry().get("run") ?? {};
  const parsed = capability?.parse({
    executables: [["/bin/echo", "hi"], "/bin/true", "/bin/echo"],
  });
  assert(parsed?.ok);
  assertEquals(capability?.denoPermissions?.(parsed.grant), [
    "--allow-read=/bin/echo,/bin/true",
    "--allow-run=/bin/echo,/bin/true",
  ]);
  assertStringIncludes(capability?.summary ?? "", "full rights of this user");
});
