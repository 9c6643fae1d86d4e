/** `airlock check` tells errors of types, by the real compiler. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ExtensionHost } from "@airlock/host";
import { checkTypes } from "../../cli/type_check.ts";

const MANIFEST = { name: "typed", runtime: "js", module: "index.ts", exports: ["validate"] };

/** The findings of an extension of these files, as `file:line:column message`. */
async function findings(files: { readonly [path: string]: string }): Promise<readonly string[]> {
  const directory = await Deno.makeTempDir({ prefix: "typed ä " });
  try {
    await Deno.writeTextFile(`${directory}/extension.json`, JSON.stringify(MANIFEST));
    for (const [path, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${path}`, text);
    }
    await using host = new ExtensionHost();
    const found = await checkTypes(await host.inspect(directory), undefined);
    return found.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const GOOD = `import airlock from "airlock:host";
import type { Airlock, GuestKv } from "@airlock/host/guest";
import { longer } from "./lib.ts";

export interface Input { readonly email: string }

export async function validate(input: Input): Promise<{ valid: boolean; seen: number }> {
  const store: GuestKv | undefined = airlock.kv;
  const before: Uint8Array | null = await store?.get(input.email) ?? null;
  await store?.set(input.email, new TextEncoder().encode("1"), 60);
  const answer = await airlock.net?.fetch("https://example.com/", { headers: { a: "b" } });
  const rows = await airlock.sqlite?.query("select ?", [1]);
  console.log(rows?.rows[0]?.[0], crypto.randomUUID(), new URL("/a", "https://b").searchParams.get("c"));
  const id: number = setTimeout((a: string) => console.warn(a), 5, "later");
  clearTimeout(id);
  return { valid: longer(input.email), seen: (before?.length ?? 0) + (answer?.status ?? 0) };
}

export function same(other: Airlock): boolean { return other.clock.now() <= airlock.clock.now() }
`;

Deno.test("checkTypes() is content with an extension that uses its world as it is", async () => {
  const lib = "export const longer = (text: string): boolean => text.length > 3;";
  assertEquals(await findings({ "index.ts": GOOD, "lib.ts": lib }), []);
});

Deno.test("checkTypes() tells what is wrong, with file, line and column", async () => {
  const found = await findings({
    "index.ts": `import airlock from "airlock:host";
import { longer } from "./lib.ts";
export function validate(x: { email: string }): boolean {
  const n: number = x.email;
  fetch("https://example.com");
  Deno.exit();
  airlock.net.fetch(1);
  return longer(n);
}
`,
    "lib.ts": "export function longer(text: string): boolean {\n  return text.size > 3;\n}\n",
  });
  const places = found.map((one) => one.split(" ", 1)[0]);
  assertEquals(places.sort(), [
    "index.ts:4:9",
    "index.ts:5:3",
    "index.ts:6:3",
    "index.ts:7:21",
    "index.ts:7:3",
    "index.ts:8:17",
    "lib.ts:2:15",
  ]);
  assertStringIncludes(
    found.join("\n"),
    "Type 'string' is not assignable to type 'number'. (TS2322)",
  );
});

Deno.test("checkTypes() takes no types from elsewhere, and says so", async () => {
  const found = await findings({
    "index.ts":
      `import type { A } from "http://127.0.0.1:9/a.ts";\nexport const f = (a: A): A => a;`,
  });
  assertEquals(found.length, 1);
  assertStringIncludes(found[0] ?? "", "127.0.0.1:9");
});

Deno.test("checkTypes() has nothing to say of JavaScript, nor where the graph is wrong already", async () => {
  assertEquals(await findings({ "index.ts": "import './gone.ts'; const n: number = 'x';" }), []);
});
