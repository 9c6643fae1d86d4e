/** Tests in the form of the WASI working group's suite run as that suite would run them. @module */

import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { runTests } from "../../tools/wasi_testsuite.ts";
import { temporaryDirectory } from "../temporary.ts";

const guest = (path: string) => Deno.readFile(fromFileUrl(new URL(`../${path}`, import.meta.url)));

Deno.test("runTests() runs each module with what stands beside it, and tells what is otherwise", async () => {
  const process = await guest("fixtures/wasi/process.wasm");
  const posix = await guest("conformance/wasi_guests/posix/posix.wasm");
  await using suite = await temporaryDirectory({
    "args.wasm": process,
    "args.json": { args: ["args", "--two words"], stdout: "args|args|--two words" },
    "environ.wasm": process,
    "environ.json": { args: ["environ"], env: { A: "=" }, stdout: "A==" },
    "exit.wasm": process,
    "exit.json": { args: ["exit"], exit_code: 33, stdout: "", stderr: "" },
    "files.wasm": posix,
    "files.json": { root: "fs.dir" },
    "files_named.wasm": posix,
    "files_named.json": { dirs: ["fs.dir::/"] },
    "fs.dir/here": "",
    "wrong.wasm": process,
    "wrong.json": { args: ["environ"], stdout: "something else", exit_code: 1 },
  });
  const outcomes = await runTests(suite.path);
  const failed = outcomes.filter(({ failures }) => failures.length > 0);
  assertEquals(failed.map(({ module }) => module), [join(suite.path, "wrong.wasm")]);
  assertEquals(failed[0]?.failures.length, 2);
  assertEquals(outcomes.length, 6);
  // tests work on copies
  assertEquals([...Deno.readDirSync(join(suite.path, "fs.dir"))].length, 1);
});
