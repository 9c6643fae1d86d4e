/**
 * A host for GoatKit plugins: serves the routes of one and asks them as its clients do, runs its job, and
 * lets only an administrator clear everything. Run:
 * `deno run --allow-read --allow-net=127.0.0.1 examples/gk_host.ts`
 *
 * @module
 */

import { ExtensionHost } from "@airlock/host";

await using host = new ExtensionHost({
  // a plugin only names its checks; what they are is this program's to say
  serving: { middleware: (name, { headers }) => name === "admin" && hasKey(headers) },
});
// the module says what it needs: a cache. To be served is up to its operator
const extension = await host.load(new URL("conventions/gk/notes.wasm", import.meta.url), {
  grants: { kv: true, "http.serve": true },
  config: { language: "de" },
  log: ({ extension, message }) => console.log(`${extension}: ${message}`),
});
const plugin = extension.as("gk");
const { name, version, jobs, permissions } = await plugin.registration();
console.log(`${name} ${version} may ${permissions.join(", ")}`);
console.log(jobs.map(({ id, schedule }) => `job ${id} at "${schedule}"`).join());

const swept = Promise.withResolvers<void>();
await using served = await host.serve({ port: 0 });

for (const text of ["buy milk", "<b>call</b> Ada"]) {
  await fetch(`${served.url}notes`, { method: "POST", body: JSON.stringify({ text }) });
}
console.log(await (await fetch(`${served.url}notes/2/page`)).text());
console.log(await plugin.widget("open"));

await fetch(`${served.url}notes/1/done`, { method: "POST" });
const timer = setInterval(async () => {
  const { notes } = await (await fetch(`${served.url}notes`)).json();
  if (notes.length === 1) swept.resolve();
}, 100);
await swept.promise; // the job has run, at the full second
clearInterval(timer);

const clear = (key: string) =>
  fetch(`${served.url}notes`, { method: "DELETE", headers: { "x-key": key } });
for (const response of [await clear("guess"), await clear("open sesame")]) {
  console.log(response.status, await response.text());
}

function hasKey(headers: readonly (readonly [string, string])[]): boolean {
  return headers.some(([name, value]) => name === "x-key" && value === "open sesame");
}
