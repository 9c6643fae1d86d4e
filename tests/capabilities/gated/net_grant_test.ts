/** What manifests can ask of the network, what operators grant, and what Deno is told. @module */

import { assertEquals, assertThrows } from "@std/assert";
import type { JsonObject } from "../../../manifest/manifest.ts";
import { CapabilityRegistry } from "../../../capabilities/catalog.ts";
import { CapabilityError } from "../../../capabilities/errors.ts";
import { checkAsks, type GrantOptions, resolveGrants } from "../../../capabilities/grant.ts";
import { parseGrantFlags } from "../../../capabilities/parse_grant.ts";
import { ask } from "../open.ts";

const registry = new CapabilityRegistry();

function bound(asked: JsonObject, granted: GrantOptions) {
  const request = { extension: "notes", asks: [ask("net", asked)], granted, registry };
  return resolveGrants(request).bound.find(({ name }) => name === "net");
}

function denied(asked: JsonObject, granted: GrantOptions): string {
  const error = assertThrows(() => bound(asked, granted), CapabilityError);
  assertEquals(error.code, "denied");
  return error.grant;
}

Deno.test("net gives what is both asked and granted", () => {
  const hosts = ["api.example.com:443", "*.cdn.example.com"];
  const args = (asked: JsonObject, granted: GrantOptions) => ({ ...bound(asked, granted)?.args });
  assertEquals(args({ hosts }, { net: true }), { hosts });
  assertEquals(args({ hosts }, { net: { hosts: ["*"] } }), { hosts });
  assertEquals(args({ hosts }, { net: { hosts: ["*.example.com"] } }), { hosts });
  assertEquals(args({ hosts }, { net: { hosts: ["API.example.com."] } }), {
    hosts: ["api.example.com:443"],
  });
  assertEquals(args({}, { net: { hosts: ["a.b"], methods: ["get"] } }), {
    hosts: ["a.b"],
    methods: ["get"],
  });
  assertEquals(args({ methods: ["get", "post"] }, { net: { hosts: ["a.b"], methods: ["POST"] } }), {
    hosts: ["a.b"],
    methods: ["POST"],
  });
});

Deno.test("net denies what nobody named, and names the grant", () => {
  const local = { hosts: ["127.0.0.1:8080"] };
  assertEquals(denied(local, {}), "net=127.0.0.1:8080");
  assertEquals(denied(local, { net: { hosts: ["*"] } }), "net=127.0.0.1:8080");
  assertEquals(denied({}, { net: true }), "net=HOSTS");
  assertEquals(
    denied({ hosts: ["a.b"], methods: ["PUT"] }, { net: { methods: ["GET"] } }),
    'net={"hosts":["a.b"],"methods":["PUT"]}',
  );
});

Deno.test("net takes a lone wildcard from an operator only", () => {
  const issues = (hosts: string[]) =>
    checkAsks([ask("net", { hosts })], registry).map(({ path }) => path);
  assertEquals(issues(["a.b", "*"]), ["capabilities[0].hosts[1]"]);
  assertEquals(issues(["*:443"]), ["capabilities[0].hosts[0]"]);
  assertEquals(issues(["*.a.b", "a.b:*"]), []);
  assertEquals({ ...parseGrantFlags(["net=*"], registry) as object }, { net: { hosts: ["*"] } });
});

Deno.test("net refuses arguments that are no hosts or methods", () => {
  for (
    const args of [{ hosts: ["a b"] }, { hosts: [] }, { hosts: ["http://a"] }, { host: ["a"] }]
  ) {
    assertThrows(() => bound({}, { net: args }), TypeError);
  }
  for (const method of ["CONNECT", "GET X", ""]) {
    assertThrows(() => bound({}, { net: { methods: [method] } }), TypeError);
  }
});

Deno.test("net tells which flag the host process needs", () => {
  const flags = (...hosts: string[]) => {
    const net = bound({}, { net: { hosts } });
    return net?.capability.denoPermissions?.(net.grant);
  };
  // names without a port: Deno lets nobody else resolve them
  assertEquals(flags("api.example.com:443", "*.b.c"), ["--allow-net=api.example.com,*.b.c"]);
  assertEquals(flags("127.0.0.1:80", "[::1]:8080"), ["--allow-net=127.0.0.1:80,[::1]:8080"]);
  assertEquals(flags("10.0.0.1", "localhost:1"), [
    "--allow-net=10.0.0.1:80,10.0.0.1:443,localhost:1",
  ]);
  assertEquals(flags("10.0.0.1:*"), ["--allow-net=10.0.0.1"]);
  assertEquals(flags("a.b", "*:443"), ["--allow-net"]);
});
