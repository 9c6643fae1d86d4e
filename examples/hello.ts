/** The smallest host: load one extension, call one function. Run: `deno run -A examples/hello.ts` @module */

import { ExtensionHost } from "@airlock/host";

await using host = new ExtensionHost();
const validate = await host.load(new URL("extensions/validate-rust", import.meta.url));
const answer = await validate.call("validate", { email: "Ada@Example.COM ", age: 36 });
console.log(answer); // { ok: true, email: "ada@example.com", age: 36 }
