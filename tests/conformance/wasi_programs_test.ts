/** Programs in C, Go and AssemblyScript find the files, arguments and times that their libraries expect. @module */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  ExtensionError,
  ExtensionHost,
  type HostPreopen,
  type LoadOptions,
  MemoryFiles,
} from "@airlock/host";
import { temporaryDirectory } from "../temporary.ts";

const at = (path: string) => new URL(path, import.meta.url);
const POSIX = at("./wasi_guests/posix/posix.wasm");
const GOLANG = at("./wasi_guests/golang/files.wasm");
const PROCESS = at("../fixtures/wasi/process.wasm");

/** What a program printed, and the status it exited with. */
async function run(module: URL, options: LoadOptions): Promise<readonly [number, string]> {
  await using host = new ExtensionHost({ log: () => {} });
  let printed = "";
  const program = await host.load(module, {
    limits: { timeoutMs: 20_000, memoryBytes: 256 * 1024 * 1024 },
    streams: { stdout: (bytes) => void (printed += new TextDecoder().decode(bytes)) },
    ...options,
  });
  try {
    await program.invoke("_start");
    return [0, printed];
  } catch (error) {
    if (!(error instanceof ExtensionError)) throw error;
    return [error.exitStatus ?? -1, `${printed}${error.exitStatus === undefined ? error : ""}`];
  }
}

/** A directory of the host, and one in memory. */
const KINDS: readonly (readonly [string, (path: string) => HostPreopen | MemoryFiles])[] = [
  ["on the host", (host) => ({ host, write: true })],
  ["in memory", () => new MemoryFiles()],
];

for (const [where, make] of KINDS) {
  Deno.test(`a program in C works with files ${where}`, async () => {
    await using temporary = await temporaryDirectory();
    assertEquals(await run(POSIX, { preopens: { "/": make(temporary.path) } }), [0, ""]);
    assertEquals([...Deno.readDirSync(temporary.path)], []);
  });

  Deno.test(`a program in Go works with files ${where}`, async () => {
    await using temporary = await temporaryDirectory();
    const preopens = { "/work": make(temporary.path) };
    assertEquals(await run(GOLANG, { preopens, args: ["/work"] }), [0, "done"]);
    assertEquals([...Deno.readDirSync(temporary.path)], []);
  });
}

const process = (...args: string[]) => run(PROCESS, { args, env: { A: "1", "B C": "=" } });

Deno.test("a program in AssemblyScript finds its arguments and environment, and exits as it wants", async () => {
  assertEquals(await process("args", "the second", "ü"), [0, "process|args|the second|ü"]);
  assertEquals(await process("environ"), [0, "A=1|B C=="]);
  assertEquals(await run(PROCESS, { args: ["environ"] }), [0, ""]);
  assertEquals(await process("exit"), [33, ""]);
  assertEquals(await process("nowhere"), [8, ""]);
  assertEquals(await process(), [105, ""]);
});

Deno.test("a program finds real time and randomness", async () => {
  const before = BigInt(Date.now());
  const [, clock] = await process("clock");
  const [realtime = "0"] = clock.split(" ");
  assert(BigInt(realtime) / 1_000_000n >= before - 1n, clock);
  assertNotEquals(await process("random"), await process("random"));
});

Deno.test("deterministic runs are the same, call by call, and another seed is another run", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  const load = async (name: string, seed: number, what: string) => {
    const bytes = await Deno.readFile(PROCESS);
    const options = { abi: "wasi", args: [what], deterministic: { seed, time: 1_000 } };
    const program = await host.load({ name: `${name}.wasm`, bytes }, options);
    const call = async () => new TextDecoder().decode(await program.invoke("_start"));
    return [await call(), await call()];
  };
  const [first, second] = await load("a", 1, "random");
  assertEquals(first, second);
  assertEquals(await load("b", 1, "random"), [first, first]);
  assertNotEquals((await load("c", 2, "random"))[0], first);
  const [clock] = await load("d", 1, "clock");
  // it begins at the given time and goes on by a microsecond a look
  assert(/^10000\d{5} \d{4}$/.test(clock ?? ""), clock);
  assertEquals((await load("e", 9, "clock"))[0], clock);
});
