/** The README's first command does what it says, on the example extensions in their own engines. @module */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { ExtensionHost, json, NativeRegistry } from "../../mod.ts";
import { validate } from "../../examples/extensions/validate-native/validate.ts";
import { BYTE_CASES, JSON_CASES } from "./records.ts";
import { runExample } from "./run_example.ts";

const ROOT = new URL("../../", import.meta.url);
const EXTENSIONS = new URL("examples/extensions/", ROOT);

/** Engines that parse the payload themselves take JSON only. */
const OVER_VALUES = ["validate-native", "validate-js", "validate-ts", "validate-quickjs"];
const OVER_BYTES = ["validate-as", "validate-c", "validate-go", "validate-rust"];

Deno.test("every validate answers alike in its own engine", async () => {
  const native = new NativeRegistry()
    .register("validate-native:validate", validate, { codec: json });
  await using host = new ExtensionHost({ native, log: () => {} });
  const loaded = await host.loadDir(EXTENSIONS);
  for (const name of [...OVER_VALUES, ...OVER_BYTES]) {
    const ext = loaded.get(name);
    assert(ext, `${name} is not loaded`);
    const cases = OVER_BYTES.includes(name) ? [...JSON_CASES, ...BYTE_CASES] : JSON_CASES;
    for (const { about, payload, result } of cases) {
      const answer = new TextDecoder().decode(await ext.invoke("validate", payload));
      assertEquals(answer, result, `${name}: ${about}`);
    }
  }
});

Deno.test("the demo prints its table and exits with 0", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "demo"],
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text + new TextDecoder().decode(stderr));
  assertMatch(text, /^validate-rust +wasm \(wazero\) +inline .* 8 of 8 right +[\d.]+$/m);
  assertMatch(text, /^endless-loop .* stopped: timeout/m);
  assertMatch(text, /^asks-env .* refused: denied, needs --grant env=HOME/m);
  assertMatch(text, /^bad-manifest .* refused: bad-manifest, 3 issues/m);
  assert(!text.includes("WRONG"));
});

Deno.test("every example host runs as it is", async () => {
  for (const name of ["hello", "typed_call", "hooks", "stop_a_loop"]) {
    const { code, err } = await runExample(name, ["-A"]);
    assertEquals(code, 0, `${name}: ${err}`);
  }
});
