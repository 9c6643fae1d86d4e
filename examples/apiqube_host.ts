/**
 * A host for ApiQube plugins: runs one real HTTP test against a server of its own, and a second one
 * through a plugin that is part of this program. Run:
 * `deno run --allow-read --allow-net=127.0.0.1 examples/apiqube_host.ts`
 *
 * @module
 */

import { ExtensionHost, ProtocolRegistry } from "@airlock/host";

/** What is tested: a service that keeps notes. */
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
  const note = await request.json();
  return Response.json({ id: 7, ...note }, { status: 201, headers: { "x-trace-id": "abc" } });
});
const address = `127.0.0.1:${server.addr.port}`;

await using host = new ExtensionHost();
await using registry = new ProtocolRegistry();

// A module from elsewhere. It may reach this one server, and nothing else.
const module = new URL("conventions/apiqube/web/web.wasm", import.meta.url);
const web = await host.load(module, { grants: { net: { hosts: [address] } } });
const { name, version, protocols } = await registry.register(web);
console.log(`${name} ${version} executes tests for ${protocols.join(" and ")}`);

// A plugin of this program stands beside it: no sandbox, the same interface.
await registry.register({
  info: () => ({ name: "clock", protocols: ["clock"] }),
  init() {},
  validate: () => [],
  execute: () => ({ status: 0, body: typeof performance.now() }),
  close() {},
});

await registry.initAll({ web: { headers: { "x-client": "airlock" } } });

const plugin = registry.lookup("http");
const problems = await plugin?.validate({ target: "ftp://127.0.0.1", timeout: "soon" });
for (const { field, message } of problems ?? []) console.log(`invalid ${field}: ${message}`);

const output = await plugin?.execute({
  method: "POST",
  target: `http://${address}`,
  resource: "/notes",
  timeout: "800ms",
  fields: { body: { text: "buy milk" } },
}, {
  onEvent: ({ plugin, kind }) => console.log(`event ${plugin}.${kind}`),
});
console.log(output?.status, output?.headers?.["X-Trace-Id"], output?.body);

const refused = await plugin?.execute({ target: "http://127.0.0.1:1" });
console.log(refused?.error);

console.log((await registry.lookup("clock")?.execute({}))?.body);
await server.shutdown();
