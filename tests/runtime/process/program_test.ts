/** The generated program of child processes. @module */

import { assert, assertEquals } from "@std/assert";
import { LOADER_URL } from "../../../runtime/process/loader.ts";
import { PROGRAM } from "../../../runtime/process/program.generated.ts";
import { buildLaneProgram } from "../../../tools/build_lane_program.ts";

Deno.test("program.generated.ts is what tools/build_lane_program.ts builds now", async () => {
  const text = await Deno.readTextFile(
    new URL("../../../runtime/process/program.generated.ts", import.meta.url),
  );
  assert(
    text === await buildLaneProgram(),
    "stale: run deno run -A tools/build_lane_program.ts",
  );
});

Deno.test("the program of children imports nothing", () => {
  assertEquals([...PROGRAM.matchAll(/^\s*(?:import|export)\b.*$/gm)], []);
  assert(!/\bimport\s*\(/.test(PROGRAM.replaceAll(/\/\/.*|"[^"\n]*"|`[^`]*`/g, "")));
});

Deno.test("the loader fits into an argument", () => {
  assert(LOADER_URL.length < 4_096, String(LOADER_URL.length));
});
