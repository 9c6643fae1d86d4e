/** What good manifests become. @module */

import {
  inspectManifest,
  type Json,
  type Manifest,
  ManifestError,
  parseManifest,
} from "@airlock/host/manifest";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { BASE, FULL, GOOD, small } from "./manifests.ts";

for (const [what, text] of Object.entries({ ...GOOD, ...BASE })) {
  Deno.test(`inspectManifest() finds nothing wrong with ${what}`, () => {
    const { manifest, issues } = inspectManifest(text);
    assertEquals(issues, []);
    assert(manifest);
    assertDeepFrozen(manifest);
  });
}

Deno.test("parseManifest() reads every field", () => {
  const manifest = parseManifest(FULL, "notes");
  assertEquals(JSON.parse(JSON.stringify(manifest)), {
    name: "notes",
    version: "1.2.0",
    description: "Keeps notes",
    runtime: "wasm",
    module: "notes.wasm",
    abi: "base",
    codec: "json",
    exports: ["onCreate"],
    integrity: "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    capabilities: [
      { name: "log", args: {}, optional: false, reason: "" },
      {
        name: "net",
        args: { hosts: ["api.example.com:443", "*.cdn.example.com"] },
        optional: false,
        reason: "fetches rates",
      },
      { name: "fs", args: { read: ["data/"], write: ["cache/"] }, optional: false, reason: "" },
      {
        name: "sqlite",
        args: { tables: { notes: "rw", users: "r" } },
        optional: false,
        reason: "",
      },
      { name: "env", args: { names: ["NOTES_LANG"] }, optional: true, reason: "" },
    ],
    protocols: ["http"],
    events: { Saved: { description: "A note was saved", fields: {} } },
    limits: { memoryBytes: 16777216, timeoutMs: 1000, payloadBytes: 1048576 },
    config: { theme: { dark: true }, constructor: "Jo" },
    dependsOn: ["clock-work"],
    engines: { airlock: "^0.1", deno: ">=2" },
    isolation: "process",
    routes: [{ protocol: "http", method: "GET", path: "/", handler: "", description: "" }],
    jobs: [{ every: "1h" }],
  });
});

Deno.test("parseManifest() fills in defaults", () => {
  const manifest = parseManifest(small(), "a");
  assertEquals(manifest.version, "0.0.0");
  assertEquals(manifest.description, "");
  assertEquals(manifest.module, undefined);
  assertEquals(manifest.exports, []);
  assertEquals(manifest.integrity, undefined);
  assertEquals(manifest.isolation, undefined);
  assertEquals(manifest.limits, {
    memoryBytes: undefined,
    timeoutMs: undefined,
    fuel: undefined,
    payloadBytes: undefined,
  });
});

Deno.test("parseManifest() tells no list of capabilities from an empty one", () => {
  assertEquals(parseManifest(small(), "a").capabilities, undefined);
  assertEquals(parseManifest(small('"capabilities":[]'), "a").capabilities, []);
});

Deno.test("parseManifest() normalises the module's path", () => {
  const module = (path: string) => parseManifest(small(`"module":"${path}"`), "a").module;
  assertEquals(module("./x.wasm"), "x.wasm");
  assertEquals(module("a/./b//c.wasm"), "a/b/c.wasm");
  assertEquals(module(""), undefined);
});

Deno.test("parseManifest() takes an empty hash for none", () => {
  assertEquals(parseManifest(small('"integrity":""'), "a").integrity, undefined);
});

Deno.test("parseManifest() takes bytes and text alike", () => {
  assertEquals(parseManifest(new TextEncoder().encode(FULL), "a"), parseManifest(FULL, "a"));
});

Deno.test("parseManifest() gives free values no prototype", () => {
  const text = small(
    '"config":{"a":{}},"capabilities":[{"name":"x","b":{}}],"jobs":[{}]',
  );
  const { config, capabilities, jobs, events, engines } = parseManifest(text, "a");
  for (
    const object of [config, config.a, capabilities?.[0]?.args, jobs[0], events, engines]
  ) {
    assert(typeof object === "object" && object !== null);
    assertStrictEquals(Object.getPrototypeOf(object), null);
  }
  assertEquals(config["constructor"], undefined);
  assertEquals(config["toString"], undefined);
});

Deno.test("parseManifest() throws one error with every issue", () => {
  const error = assertThrows(() => parseManifest("{}", "demo/extension.json"), ManifestError);
  assertEquals(error.code, "bad-manifest");
  assertEquals(error.source, "demo/extension.json");
  assertEquals(error.issues.map((issue) => issue.path), ["name", "runtime"]);
});

Deno.test("inspectManifest() hands on its source", () => {
  assertEquals(inspectManifest(small(), "here").source, "here");
});

Deno.test("inspectManifest() warns of keys that Base's own host ignores", () => {
  const text = '{"name":"a","runtime":"goja","athor":"x","mode":"threaded"}';
  const { manifest, issues } = inspectManifest(text);
  assertEquals(issues.map(({ path, severity }) => [path, severity]), [["athor", "warning"]]);
  assertEquals(manifest?.runtime, "goja");
});

Deno.test("inspectManifest() reads what Base writes for keys that are not set", () => {
  const text = '{"name":"a","version":"","runtime":"native","module":"","exports":null,"mode":""}';
  const { manifest, issues } = inspectManifest(text);
  assertEquals(issues, []);
  assertEquals([manifest?.version, manifest?.module, manifest?.exports], ["0.0.0", undefined, []]);
});

Deno.test("inspectManifest() counts an export that Base's form repeats once", () => {
  const { manifest, issues } = inspectManifest('{"name":"a","runtime":"goja","exports":["f","f"]}');
  assertEquals(issues.map(({ path, severity }) => [path, severity]), [["exports[1]", "warning"]]);
  assertEquals(manifest?.exports, ["f"]);
});

Deno.test("inspectManifest() is strict about the nested keys of Base's form", () => {
  const { issues } = inspectManifest('{"name":"a","runtime":"goja","limits":{"memory":1}}');
  assertEquals(issues.map(({ severity, suggestion }) => [severity, suggestion]), [
    ["error", "memoryBytes"],
  ]);
});

Deno.test("inspectManifest() says of a manifest for a newer host only that", () => {
  const { manifest, issues } = inspectManifest(
    '{"nme":1,"engines":{"airlock":"^0.3"},"novelty":{}}',
  );
  assertEquals(manifest, undefined);
  assertEquals(issues, [{
    severity: "error",
    path: "engines.airlock",
    message: "needs airlock ^0.3, this is 0.1.0",
    line: 1,
    column: 31,
  }]);
});

Deno.test("inspectManifest() goes on after a range that is none", () => {
  const { issues } = inspectManifest(small('"engines":{"airlock":"latest"},"mdule":"x"'));
  assertEquals(issues.map((issue) => issue.path), ["engines.airlock", "mdule"]);
});

Deno.test("inspectManifest() warns of numbers that lose digits", () => {
  const { manifest, issues } = inspectManifest(
    small('"config":{"id":9007199254740993,"far":1e300}'),
  );
  assertEquals(issues.map(({ path, severity }) => [path, severity]), [["config.id", "warning"]]);
  assert(manifest);
});

function assertDeepFrozen(value: Manifest | Json | undefined): void {
  if (typeof value !== "object" || value === null) return;
  assert(Object.isFrozen(value));
  for (const item of Object.values(value)) assertDeepFrozen(item);
}
