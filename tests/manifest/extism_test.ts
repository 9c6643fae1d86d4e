/** Extism manifests: every key, and everything that can be wrong with them. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ManifestError } from "../../manifest/errors.ts";
import { type ExtismManifest, readExtismManifest } from "../../manifest/extism.ts";

const HASH = "ab".repeat(32);

function read(value: unknown): ExtismManifest {
  const found = readExtismManifest(JSON.stringify(value), "manifest.json", "manifest");
  if (found === undefined) throw new TypeError("Expected an Extism manifest");
  return found;
}

/** Path and message of each issue. */
function issuesOf(value: unknown): readonly (readonly [string, string])[] {
  const error = assertThrows(() => read(value), ManifestError);
  assertEquals(error.code, "bad-manifest");
  return error.issues.map(({ path, message }) => [path, message] as const);
}

Deno.test("readExtismManifest() makes asks and limits of what a plugin allows itself", () => {
  const { manifest, modules, warnings } = read({
    wasm: [{ path: "./bin/count.wasm", hash: HASH }],
    memory: { max_pages: 16, max_http_response_bytes: 1000, max_var_bytes: 500 },
    config: { greeting: "hello", unset: null },
    allowed_hosts: ["api.example.com", "*.cdn.example.com", "10.0.0.1:8080"],
    allowed_paths: { "data/": "/data", "ro:shared/": "/shared" },
    timeout_ms: 250,
  });
  assertEquals(manifest.name, "count");
  assertEquals([manifest.runtime, manifest.abi, manifest.module], [
    "wasm",
    "extism",
    "bin/count.wasm",
  ]);
  assertEquals({ ...manifest.config }, { greeting: "hello" });
  assertEquals(manifest.limits, {
    memoryBytes: 16 * 65_536,
    timeoutMs: 250,
    fuel: undefined,
    payloadBytes: undefined,
    varBytes: 500,
    responseBytes: 1000,
  });
  assertEquals(
    manifest.capabilities?.map(({ name, args, optional }) => [name, { ...args }, optional]),
    [
      ["net", { hosts: ["api.example.com:*", "*.cdn.example.com:*", "10.0.0.1:8080"] }, false],
      ["fs", {
        read: ["data/", "shared/"],
        write: ["data/"],
        mounts: ["/data=data/", "/shared=shared/"],
      }, true],
    ],
  );
  assertEquals(modules, [
    { name: "main", path: "bin/count.wasm", url: undefined, data: undefined, hash: HASH },
  ]);
  assertEquals(warnings, []);
});

Deno.test("readExtismManifest() takes both spellings, and null for what is not set", () => {
  const { manifest } = read({
    wasm: [{ url: "https://example.com/plugin.wasm", name: null }],
    memory: { maxPages: 2, maxHttpResponseBytes: null, maxVarBytes: 7 },
    config: null,
    allowedHosts: ["example.com"],
    allowedPaths: { "/data": "ro:data" },
    timeoutMs: 9,
  });
  assertEquals(manifest.name, "manifest");
  assertEquals([manifest.limits.memoryBytes, manifest.limits.timeoutMs], [131_072, 9]);
  assertEquals([manifest.limits.varBytes, manifest.limits.responseBytes], [7, undefined]);
  const [, fs] = manifest.capabilities ?? [];
  assertEquals({ ...fs?.args }, { read: ["data"], mounts: ["/data=data"] });
});

Deno.test("readExtismManifest() asks for nothing where nothing is allowed, and for any grant by *", () => {
  assertEquals(read({ wasm: [{ path: "a.wasm" }] }).manifest.capabilities, []);
  assertEquals(read({ wasm: [{ path: "a.wasm" }], allowed_hosts: [] }).manifest.capabilities, []);
  const [net] = read({ wasm: [{ path: "a.wasm" }], allowed_hosts: ["*", "a.example"] }).manifest
    .capabilities ?? [];
  assertEquals([net?.name, { ...net?.args }], ["net", {}]);
});

Deno.test("readExtismManifest() names modules as Extism does, the main one last", () => {
  const data = new TextEncoder().encode("\0asm").toBase64();
  const { modules, manifest } = read({
    wasm: [{ data, name: "main" }, { path: "b.wasm" }, { url: "http://x.example/", hash: HASH }, {
      path: "c.wasm",
      name: "c",
    }],
  });
  assertEquals(modules.map(({ name, path }) => [name, path]), [
    ["1", "b.wasm"],
    [HASH, "module-2.wasm"],
    ["c", "c.wasm"],
    ["main", "module-0.wasm"],
  ]);
  assertEquals(modules.at(-1)?.data?.length, 4);
  assertEquals(manifest.module, "module-0.wasm");
  // without one of that name the last is the main one
  const named = read({ wasm: [{ path: "a.wasm" }, { path: "b.wasm", name: "b" }] });
  assertEquals(named.modules.map(({ name }) => name), ["0", "main"]);
  assertEquals(named.manifest.name, "b");
});

Deno.test("readExtismManifest() leaves other manifests alone", () => {
  for (
    const text of [
      '{"name":"a","runtime":"wasm"}',
      "[]",
      "null",
      "7",
      "{",
      "",
      '{"wasm":null,"runtime":"x"}',
    ]
  ) {
    assertEquals(readExtismManifest(text, "a.json", "a"), undefined, text);
  }
});

Deno.test("readExtismManifest() lists everything that is wrong, with its place", () => {
  const ok = { path: "a.wasm" };
  const cases: readonly (readonly [unknown, string])[] = [
    [{ wasm: [] }, "wasm"],
    [{ wasm: {} }, "wasm"],
    [{ wasm: [7] }, "wasm[0]"],
    [{ wasm: [{}] }, "wasm[0]"],
    [{ wasm: [{ path: "a.wasm", url: "https://example.com" }] }, "wasm[0]"],
    [{ wasm: [{ path: 7 }] }, "wasm[0].path"],
    [{ wasm: [{ url: "file:///etc/passwd" }] }, "wasm[0].url"],
    [{ wasm: [{ url: "nonsense" }] }, "wasm[0].url"],
    [{ wasm: [{ ...ok, hash: "abc" }] }, "wasm[0].hash"],
    [{ wasm: [{ data: "not base64!" }] }, "wasm[0].data"],
    [{ wasm: [{ ...ok, headers: { a: "b" } }] }, "wasm[0].headers"],
    [{ wasm: [{ ...ok, name: "x" }, { ...ok, name: "x" }] }, "wasm[1]"],
    [{ wasm: [ok], timeout_ms: 0 }, "timeout_ms"],
    [{ wasm: [ok], timeout_ms: "1s" }, "timeout_ms"],
    [{ wasm: [ok], memory: { max_pages: 0 } }, "memory.max_pages"],
    [{ wasm: [ok], memory: { max_pages: 1.5 } }, "memory.max_pages"],
    [{ wasm: [ok], memory: { max_var_bytes: -1 } }, "memory.max_var_bytes"],
    [{ wasm: [ok], memory: [] }, "memory"],
    [{ wasm: [ok], config: [] }, "config"],
    [{ wasm: [ok], config: { a: 7 } }, "config.a"],
    [{ wasm: [ok], allowed_hosts: "example.com" }, "allowed_hosts"],
    [{ wasm: [ok], allowed_hosts: [7] }, "allowed_hosts[0]"],
    [{ wasm: [ok], allowed_hosts: ["api.*"] }, "allowed_hosts[0]"],
    [{ wasm: [ok], allowed_paths: ["a"] }, "allowed_paths"],
    [{ wasm: [{ path: "../a.wasm" }] }, "module"],
    [{ wasm: [{ path: "/a.wasm" }] }, "module"],
  ];
  for (const [value, path] of cases) {
    const issues = issuesOf(value);
    assert(issues.some(([found]) => found === path), `${JSON.stringify(value)}: ${issues}`);
  }
  const several = issuesOf({ wasm: [{}], timeout_ms: -1, memory: { max_pages: "x" } });
  assertEquals(several.map(([path]) => path).sort(), ["memory.max_pages", "timeout_ms", "wasm[0]"]);
});

Deno.test("readExtismManifest() warns of keys that mean nothing, with what was meant", () => {
  const { warnings } = read({
    wasm: [{ path: "a.wasm", hsah: 1 }],
    allowed_host: [],
    memory: { pages: 1 },
  });
  assertEquals(warnings.map(({ path, suggestion }) => [path, suggestion]).sort(), [
    ["allowed_host", "allowed_hosts"],
    ["memory.pages", "max_pages"],
    ["wasm[0].hsah", "hash"],
  ]);
});

Deno.test("readExtismManifest() gives a manifest or a ManifestError for any JSON", () => {
  const key = fc.constantFrom("wasm", "path", "url", "data", "name", "hash", "config", "memory");
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean());
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(key, tie("value")),
    ),
  }));
  fc.assert(
    fc.property(value, fc.dictionary(key, value), (wasm, rest) => {
      const text = JSON.stringify({ ...rest, wasm });
      try {
        readExtismManifest(text, "a.json", "a");
      } catch (error) {
        if (!(error instanceof ManifestError)) throw error;
      }
    }),
    { numRuns: 500, seed: 3 },
  );
});
