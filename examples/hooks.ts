/** A hook pipeline: every extension that declares a hook sees the record in turn, and one that fails is passed over. @module */

import { type Extension, ExtensionHost, json, NativeRegistry } from "@airlock/host";
import { validate } from "./extensions/validate-native/validate.ts";

/** What a `validate` hook answers. */
type Verdict = { ok: true; email: string; age: number } | { ok: false; error: string };

function isVerdict(value: unknown): value is Verdict {
  return typeof value === "object" && value !== null && "ok" in value;
}

const native = new NativeRegistry().register("validate-native:validate", validate, { codec: json });
await using host = new ExtensionHost({
  native,
  log: ({ extension, message }) => {
    console.error(`${extension}: ${message}`);
  },
});
const loaded = await host.loadDir(new URL("extensions", import.meta.url));
const hooks = [...loaded.values()].filter(({ exports }) => exports.includes("validate"));

/** Runs one record through every hook; the first refusal wins. */
async function pipeline(record: unknown): Promise<Verdict | undefined> {
  let last: Verdict | undefined;
  for (const hook of hooks) {
    const verdict = await answer(hook, record);
    if (verdict?.ok === false) return verdict;
    last = verdict ?? last;
  }
  return last;
}

async function answer(hook: Extension, record: unknown): Promise<Verdict | undefined> {
  try {
    return await hook.call("validate", record, { output: isVerdict, timeoutMs: 200 });
  } catch (error) {
    console.error(`${hook.name} is passed over: ${error instanceof Error ? error.message : error}`);
  }
}

for (const record of [{ email: "Ada@Example.COM ", age: 36 }, { email: "nobody", age: 36 }]) {
  console.log(record, "→", await pipeline(record));
}
