/** Every function of WASI preview 1, with success and each errno, on the host's files and on files in memory. @module */

import { assertEquals } from "@std/assert";
import { ExtensionHost, type HostPreopen, type LoadOptions, MemoryFiles } from "@airlock/host";
import { temporaryDirectory } from "../temporary.ts";

const CALLS = new URL("./wasi_guests/calls/calls.wasm", import.meta.url);

/** What the guest complains about; empty when nothing is wrong. */
async function complaints(
  part: string,
  preopen: string | HostPreopen | MemoryFiles,
  options: LoadOptions = {},
): Promise<string> {
  await using host = new ExtensionHost({ log: () => {} });
  const lines: string[] = [];
  const program = await host.load(CALLS, {
    args: [part, "/work"],
    env: { NAME: "value", EMPTY: "" },
    preopens: { "/other": new MemoryFiles(), "/work": preopen },
    limits: { timeoutMs: 20_000 },
    streams: { stdout: (bytes) => lines.push(new TextDecoder().decode(bytes)) },
    ...options,
  });
  await program.invoke("_start").catch((error) => lines.push(String(error)));
  return lines.join("");
}

const PARTS = ["files", "positions", "status", "directories", "names", "links", "paths", "others"];

for (const isolation of ["inline", "worker"] as const) {
  const where = isolation === "inline" ? "" : ", from a worker";
  for (const part of PARTS) {
    Deno.test(`WASI programs find the ${part} of the specification on the host${where}`, async () => {
      await using temporary = await temporaryDirectory();
      const host = { host: temporary.path, write: true };
      assertEquals(await complaints(part, host, { isolation }), "");
      assertEquals([...Deno.readDirSync(temporary.path)], []);
    });

    Deno.test(`WASI programs find the ${part} of the specification in memory${where}`, async () => {
      const files = new MemoryFiles();
      assertEquals(await complaints(part, files, { isolation }), "");
      assertEquals(files.list(), []);
    });
  }
}

Deno.test("WASI programs change nothing in a directory that is only read", async () => {
  await using temporary = await temporaryDirectory({ file: "text", "d/file": "" });
  assertEquals(await complaints("readonly", temporary.path), "");
  const files = new MemoryFiles({ readOnly: true });
  files.write("file", "text");
  files.write("d/file", "");
  assertEquals(await complaints("readonly", files), "");
});

Deno.test("WASI programs complain where an answer is not that of the specification", async () => {
  const files = new MemoryFiles();
  files.write("link", "where the guest makes a link");
  const told = await complaints("status", files);
  assertEquals(/status\.c:\d+: not so: .*\n/.test(told), true, told);
  assertEquals(told.includes("exited with status 1"), true, told);
});
