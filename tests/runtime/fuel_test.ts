/** Fuel as the embedder sees it: counted, limited, the same on every run. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ExtensionError, ExtensionHost } from "../../mod.ts";

const RUST = new URL("../../examples/extensions/validate-rust", import.meta.url);
const RECORD = '{"email":"Foo@Example.COM ","age":25}';

Deno.test("stats() tells the fuel of all calls and of the last, the same on every run", async () => {
  const used: number[] = [];
  for (let run = 0; run < 2; run++) {
    await using host = new ExtensionHost();
    const ext = await host.load(RUST);
    assertEquals([ext.stats().fuel, ext.stats().lastFuel], [0, 0]);
    await ext.invoke("validate", RECORD);
    const first = ext.stats().lastFuel;
    ext.invokeSync("validate", RECORD);
    assertEquals(ext.stats().fuel, first + ext.stats().lastFuel);
    used.push(first, ext.stats().lastFuel);
  }
  const [cold = 0, warm = 0] = used;
  assert(cold > 100 && warm > 100, `${used}`);
  assertEquals(used, [cold, warm, cold, warm]);
});

Deno.test("a call may have less fuel than its extension, never more", async () => {
  await using host = new ExtensionHost();
  const ext = await host.load(RUST, { limits: { fuel: 1_000_000 } });
  await ext.invoke("validate", RECORD, { fuel: 1e12 });
  const error = await assertRejects(
    () => ext.invoke("validate", RECORD, { fuel: 50 }),
    ExtensionError,
  );
  assertEquals(error.code, "out-of-fuel");
  await ext.invoke("validate", RECORD);
  for (const fuel of [0, -1, NaN]) {
    await assertRejects(() => ext.invoke("validate", RECORD, { fuel }), RangeError);
  }
});
