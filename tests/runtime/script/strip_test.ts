/** Types go, positions stay, and hostile input is an error, not a crash. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Fault } from "../../../runtime/errors.ts";
import { openStripper, STRIP_LIMIT, type Stripper } from "../../../runtime/script/strip.ts";

async function withStripper(run: (stripper: Stripper) => Promise<void>): Promise<void> {
  const stripper = openStripper();
  try {
    await run(stripper);
  } finally {
    stripper.close();
  }
}

Deno.test("strip() removes types and keeps every line and column", () =>
  withStripper(async (stripper) => {
    const text = "interface A { x: number }\nexport function f(a: A, b?: string): number {\n" +
      "  return (a as A).x! + 1; // é\n}\n";
    const js = await stripper.strip("a.ts", text);
    assertEquals(js.length, text.length);
    assertEquals(js.split("\n").length, text.split("\n").length);
    assertEquals(js.indexOf("return"), text.indexOf("return"));
    assertEquals(js.indexOf(".x"), text.indexOf(".x"));
    assert(!js.includes("interface") && !js.includes("number"));
  }));

Deno.test("strip() refuses what types cannot be erased from, with its place", () =>
  withStripper(async (stripper) => {
    const cases: readonly (readonly [string, string])[] = [
      ["\n  enum A { B }", "dir/a.ts:2:3: "],
      ["namespace N { export const a = 1 }", "dir/a.ts:1:1: "],
      ["class A { constructor(private x: number) {} }", "dir/a.ts:1:31: "],
      ["const a: = 1", "dir/a.ts:1:10: "],
      ['import a = require("./a")', "dir/a.ts:1:1: "],
    ];
    for (const [text, start] of cases) {
      const fault = await assertRejects(() => stripper.strip("dir/a.ts", text), Fault);
      assertEquals(fault.code, "unsupported");
      assertEquals(fault.message.slice(0, start.length), start);
      assert(!fault.message.includes("\n"));
    }
  }));

Deno.test("strip() survives nested brackets that break the stripper, and strips the next file", () =>
  withStripper(async (stripper) => {
    const bomb = stripper.strip("bomb.ts", "[".repeat(10_000));
    const good = stripper.strip("good.ts", "let a: 1");
    assertEquals((await assertRejects(() => bomb, Fault)).code, "unsupported");
    assertEquals(await good, "let a   ");
  }));

Deno.test("strip() stops a file that makes the stripper backtrack, and strips the next file", () =>
  withStripper(async (stripper) => {
    const text = `x=${"<T>(".repeat(40)}b${")".repeat(40)}`;
    const began = performance.now();
    assertEquals(
      (await assertRejects(() => stripper.strip("slow.ts", text), Fault)).code,
      "unsupported",
    );
    assert(performance.now() - began < 10_000);
    assertEquals(await stripper.strip("good.ts", "let a: 1"), "let a   ");
  }));

Deno.test("strip() refuses a file over the size limit before parsing it", () =>
  withStripper(async (stripper) => {
    const fault = await assertRejects(
      () => stripper.strip("big.ts", " ".repeat(STRIP_LIMIT + 1)),
      Fault,
    );
    assertEquals(fault.code, "unsupported");
  }));

Deno.test("close() rejects what is being stripped and what is asked later", async () => {
  const stripper = openStripper();
  const pending = stripper.strip("a.ts", "let a: 1");
  await new Promise((resolve) => setTimeout(resolve, 1));
  stripper.close();
  stripper.close();
  assertEquals((await assertRejects(() => pending, Fault)).code, "closed");
  assertEquals((await assertRejects(() => stripper.strip("a.ts", ""), Fault)).code, "closed");
});

Deno.test("strip() leaves no worker behind that keeps the program from ending", async () => {
  const url = new URL("../../../runtime/script/strip.ts", import.meta.url).href;
  const program = `import { openStripper } from ${JSON.stringify(url)};
    console.log(await openStripper().strip("a.ts", "let a: 1"));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", program],
    cwd: new URL("../../..", import.meta.url),
    signal: AbortSignal.timeout(20_000),
  });
  const { success, stdout } = await child.output();
  assert(success);
  assertEquals(new TextDecoder().decode(stdout), "let a   \n");
});
