/** Tests of the capabilities that serve: their arguments, and an extension without a host. @module */

import { assertEquals, assertThrows } from "@std/assert";
import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { CapabilityError, OperationError } from "../../../capabilities/errors.ts";
import { parseGrantFlags } from "../../../capabilities/parse_grant.ts";
import type { JsonObject } from "../../../manifest/manifest.ts";
import { ask, open } from "../open.ts";

const registry = new CapabilityRegistry();

function problemsOf(name: string, args: JsonObject): readonly string[] {
  const parsed = registry.get(name)?.capability.parse(args);
  return parsed?.ok ? [] : parsed?.problems.map(({ path }) => path) ?? [];
}

Deno.test("http.serve takes routes, ws.serve and sse.serve paths, by every name they have", () => {
  for (const name of ["http.serve", "transport.http.inbound"]) {
    assertEquals(problemsOf(name, { routes: ["/a", "GET /a/:b", "/a/*", "*"] }), []);
    assertEquals(
      problemsOf(name, { routes: ["a", "get /a", " /a", "GET  /a", "GET a", "GET /../b", 1] }),
      [0, 1, 2, 3, 4, 5, 6].map((at) => `routes[${at}]`),
    );
  }
  for (const name of ["ws.serve", "transport.ws.inbound", "sse.serve", "transport.sse"]) {
    assertEquals(problemsOf(name, { paths: ["/a", "/a/*", "*"] }), []);
    assertEquals(problemsOf(name, { paths: ["GET /a", ""] }), ["paths[0]", "paths[1]"]);
    assertEquals(problemsOf(name, { routes: ["/a"] }), ["routes"]);
  }
});

Deno.test("http.serve gives what is asked and granted", async () => {
  const attempt = async (asked: JsonObject, granted: JsonObject | true, path: string) => {
    await using opened = await open({
      asks: [ask("http.serve", asked)],
      granted: { "http.serve": granted },
    });
    const error = assertThrows(() =>
      opened.sync("http.serve.register", { method: "get", path, handler: "f" })
    );
    return error instanceof CapabilityError
      ? error.grant
      : error instanceof OperationError
      ? error.code
      : error;
  };
  // there is no host: who gets so far is allowed
  const allowed = "unavailable";
  assertEquals(await attempt({}, true, "/a"), allowed);
  assertEquals(await attempt({ routes: ["/a"] }, true, "/a"), allowed);
  assertEquals(await attempt({ routes: ["/a"] }, true, "/b"), "http.serve=GET /b");
  assertEquals(await attempt({}, { routes: ["POST /a"] }, "/a"), "http.serve=GET /a");
  assertEquals(await attempt({ routes: ["/a/*"] }, { routes: ["GET /a/:b"] }, "/a/b"), allowed);
  assertEquals(
    await attempt({ routes: ["/a/*"] }, { routes: ["GET /a/:b"] }, "/a/b/c"),
    "http.serve=GET /a/b/c",
  );
});

Deno.test("parseGrantFlags() reads routes and paths", () => {
  assertEquals(
    parseGrantFlags(["http.serve=GET /notes/:id,/api/*", "ws.serve", "sse.serve=/news"], registry),
    {
      "http.serve": { routes: ["GET /notes/:id", "/api/*"] },
      "ws.serve": true,
      "sse.serve": { paths: ["/news"] },
    },
  );
});

Deno.test("what serves needs the flag of the address, where there is one", () => {
  const flags = (name: string, listen?: string) => {
    const capability = registry.get(name)?.capability;
    return capability?.denoPermissions?.({}, undefined, listen);
  };
  for (const name of ["http.serve", "ws.serve", "sse.serve"]) {
    assertEquals(flags(name), []);
    assertEquals(flags(name, "[::1]:80"), ["--allow-net=[::1]:80"]);
  }
});
