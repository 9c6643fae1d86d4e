/** Help: as written down, and no page larger than a screen. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { capture } from "./capture.ts";

const PAGES = [[], ["run"], ["serve"], ["list"], ["inspect"], ["check"], ["permissions"], [
  "doctor",
], [
  "bench",
]] as const;

/** The pages as users see them; `deno run -A tests/cli/help_test.ts` writes the file anew. */
const EXPECTED = new URL("./help.txt", import.meta.url);

async function pages(): Promise<readonly string[]> {
  return await Promise.all(PAGES.map(async (words) => {
    const { code, out, err } = await capture([...words, "--help"]);
    assertEquals([code, err], [0, ""]);
    return `$ airlock ${[...words, "--help"].join(" ")}\n${out}`;
  }));
}

if (import.meta.main) await Deno.writeTextFile(EXPECTED, (await pages()).join("\n"));

Deno.test("main() prints help as written down in help.txt", async () => {
  assertEquals((await pages()).join("\n"), await Deno.readTextFile(EXPECTED));
});

Deno.test("main() prints help that fits 24 lines of 80 columns", async () => {
  for (const page of await pages()) {
    const lines = page.trimEnd().split("\n");
    assert(lines.length <= 24, page);
    for (const line of lines) assert(Array.from(line).length <= 80, line);
  }
});

Deno.test("main() without a command exits 2, and 0 for -h and --version", async () => {
  const { code, out, err } = await capture([]);
  assertEquals([code, out], [2, ""]);
  assertStringIncludes(err, "--help");
  assertEquals((await capture(["-h"])).code, 0);
  assertStringIncludes((await capture(["--version"])).out, "airlock 0.");
});

Deno.test("main() refuses unknown commands, foreign options, and operands too few or too many", async () => {
  for (
    const [args, hint] of [
      [["rum", "a", "f"], 'did you mean "run"?'],
      [["doctor", "--grant=kv"], "--grant with doctor"],
      [["run", "a"], "without FN"],
      [["list"], "without DIR"],
      [["check", "a", "b"], "one too many"],
    ] as const
  ) {
    const { code, out, err } = await capture(args);
    assertEquals([code, out], [2, ""], args.join(" "));
    assertStringIncludes(err, hint);
  }
});

Deno.test("main() reports bad usage as JSON too", async () => {
  const { code, out, err } = await capture(["run", "--json", "--nope"]);
  const { ok, exit, error } = JSON.parse(out);
  assertEquals([code, ok, exit, error.code, err], [2, false, 2, "usage", ""]);
});
