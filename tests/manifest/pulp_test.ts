/** Manifests of Pulp cells: every key, and everything that can be wrong with them. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { stringify } from "smol-toml";
import {
  canonicalManifest,
  inspectPulpManifest,
  ManifestError,
  parsePulpManifest,
} from "@airlock/host/manifest";

const NAMED = 'name = "notes"\nversion = "1.0.0"\n';
const HASH = "AB".repeat(32);

/** Path, line and message of each issue. */
function issuesOf(text: string | Uint8Array, source?: string) {
  return inspectPulpManifest(text, source).issues
    .map(({ path, line, message }) => [path, line, message] as const);
}

Deno.test("parsePulpManifest() fills in what a plugin leaves out", () => {
  const manifest = parsePulpManifest(NAMED);
  assertEquals(
    [manifest.name, manifest.version, manifest.runtime, manifest.abi, manifest.module],
    ["notes", "1.0.0", "wasm", "pulp", "plugin.wasm"],
  );
  assertEquals(manifest.capabilities, []);
  assertEquals({ ...manifest.config }, {});
  assertEquals({ ...manifest.pulp, numbers: { ...manifest.pulp?.numbers } }, {
    form: "plugin",
    provides: [],
    consumes: [],
    hostConsumes: [],
    sharedMemoryGroups: [],
    dedicatedThread: false,
    snapshotable: false,
    federatedCallers: [],
    federatedConsumes: [],
    migratable: false,
    restart: "on_crash",
    numbers: {},
  });
});

Deno.test("parsePulpManifest() reads every key of a plugin", () => {
  const manifest = parsePulpManifest(`
name = " notes "
version = "\\t1.2.3 "
wasm = "./bin/notes.wasm"
provides = ["notes"]
consumes = ["clock", "clock"]
capabilities = [" Storage.FS", "storage.fs ", "LOG", "transport.http.inbound"]
shared_memory_groups = ["one"]
dedicated_thread = true
snapshotable = true
federated_callers = ["east"]
federated_consumes = ["west"]
migratable = true

[config]
greeting = "hello"
[config.deep]
list = [1, 2.5, true]
`);
  assertEquals([manifest.name, manifest.version, manifest.module], [
    "notes",
    "1.2.3",
    "bin/notes.wasm",
  ]);
  assertEquals(manifest.capabilities?.map(({ name }) => name), [
    "storage.fs",
    "log",
    "transport.http.inbound",
  ]);
  assertEquals(JSON.parse(JSON.stringify(manifest.config)), {
    greeting: "hello",
    deep: { list: [1, 2.5, true] },
  });
  const { provides, consumes, dedicatedThread, migratable, snapshotable } = manifest.pulp ?? {};
  assertEquals([provides, consumes], [["notes"], ["clock"]]);
  assertEquals([dedicatedThread, migratable, snapshotable], [true, true, true]);
});

Deno.test("parsePulpManifest() reads the newer keys of a cell", () => {
  const manifest = parsePulpManifest(
    `${NAMED}
schema_version = 1
depends_on = ["clock"]
host_consumes = ["http_fetch", "pulp.fs_read"]
max_memory_pages = 16
call_timeout_ms = 250
restart = "never"
wasm_sha256 = "${HASH}"
`,
    "cells/notes/pulp.cell.toml",
  );
  assertEquals(manifest.module, "cell.wasm");
  assertEquals(manifest.dependsOn, ["clock"]);
  assertEquals([manifest.limits.memoryBytes, manifest.limits.timeoutMs], [16 * 65_536, 250]);
  assertEquals(manifest.integrity, HASH.toLowerCase());
  assertEquals([manifest.pulp?.form, manifest.pulp?.restart], ["cell", "never"]);
  assertEquals(manifest.pulp?.hostConsumes, ["http_fetch", "pulp.fs_read"]);
});

Deno.test("parsePulpManifest() keeps integers and floats apart", () => {
  const manifest = parsePulpManifest(`${NAMED}
[config]
one = 1
float = 1.0
large = 9223372036854775807
huge = 1e300
half = 0.5
"a/b~" = [1, 2.0]
when = 1979-05-27T07:32:00Z
`);
  assertEquals(JSON.parse(JSON.stringify(manifest.config)), {
    one: 1,
    float: 1,
    large: 2 ** 63,
    huge: 1e300,
    half: 0.5,
    "a/b~": [1, 2],
    when: "1979-05-27T07:32:00.000Z",
  });
  assertEquals({ ...manifest.pulp?.numbers }, {
    "/float": "1.0",
    "/large": "9223372036854775807",
    "/huge": "1e+300",
    "/a~1b~0/1": "2.0",
  });
});

Deno.test("inspectPulpManifest() says what is missing, and where it looked", () => {
  assertEquals(issuesOf(""), [["name", undefined, "is required"], [
    "version",
    undefined,
    "is required",
  ]]);
  assertEquals(issuesOf('name = " "\nversion = ""'), [
    ["name", 1, "must not be empty"],
    ["version", 2, "must not be empty"],
  ]);
});

Deno.test("inspectPulpManifest() lists every wrong value with its line", () => {
  const found = issuesOf(
    `name = "no/slash"
version = 1
wasm = "../out.wasm"
provides = "all"
consumes = [1]
capabilities = [
  "log", # fine
  "ｌog",
  7,
]
dedicated_thread = "yes"
schema_version = 1.0
host_consumes = ["http_fetch", "clone"]
max_memory_pages = 0
call_timeout_ms = 1.5
restart = "sometimes"
wasm_sha256 = "abc"
extra = 1

[config]
nan = nan
`,
    "pulp.cell.toml",
  );
  assertEquals(found.map(([path, line]) => [path, line]), [
    ["name", 1],
    ["version", 2],
    ["wasm", 3],
    ["provides", 4],
    ["consumes[0]", 5],
    ["capabilities[1]", 8],
    ["capabilities[2]", 9],
    ["dedicated_thread", 11],
    ["schema_version", 12],
    ["host_consumes[1]", 13],
    ["max_memory_pages", 14],
    ["call_timeout_ms", 15],
    ["restart", 16],
    ["wasm_sha256", 17],
    ["extra", 18],
    ["config.nan", 21],
  ]);
});

Deno.test("inspectPulpManifest() refuses the cell's keys in a plugin, and unknown ones in both", () => {
  for (const key of ["schema_version", "restart", "wasm_sha256", "host_consumes"]) {
    const found = issuesOf(`${NAMED}${key} = 1`);
    assertEquals(found[0], [key, 3, "is a key of pulp.cell.toml"]);
  }
  const { issues } = inspectPulpManifest(`${NAMED}capabilites = []`);
  assertEquals(issues.map(({ path, line, suggestion }) => [path, line, suggestion]), [
    ["capabilites", 3, "capabilities"],
  ]);
  assertEquals(issuesOf(`${NAMED}[other]\nx = 1`), [["other", 3, "is not a known key"]]);
});

const HOSTILE: Readonly<Record<string, readonly [text: string, path: string, line: number]>> = {
  "a repeated key": [`${NAMED}name = "b"`, "", 3],
  "a repeated table": [`${NAMED}[config]\n[config]`, "", 4],
  "a repeated key of an inline table": [`${NAMED}config = { a = 1, a = 2 }`, "", 3],
  ["__proto__"]: [`${NAMED}__proto__ = 1`, "__proto__", 3],
  "a quoted __proto__": [`${NAMED}[config]\n"__proto__" = 1`, "config.__proto__", 4],
  "__proto__ as a table": [`${NAMED}[config.__proto__]\nx = 1`, "config.__proto__", 3],
  "a byte order mark": [`\ufeff${NAMED}`, "", 1],
  "an integer beyond 64 bits": [
    `${NAMED}[config]\nn = 9223372036854775808`,
    "config.n",
    4,
  ],
  "no TOML": [`${NAMED}= 1`, "", 3],
};

for (const [what, [text, path, line]] of Object.entries(HOSTILE)) {
  Deno.test(`inspectPulpManifest() refuses ${what}`, () => {
    const { manifest, issues: [first] } = inspectPulpManifest(text);
    assertEquals(manifest, undefined);
    assertEquals([first?.severity, first?.path, first?.line], ["error", path, line]);
    const error = assertThrows(() => parsePulpManifest(text), ManifestError);
    assertEquals(error.code, "bad-manifest");
  });
}

Deno.test("inspectPulpManifest() ends soon whatever it is given", () => {
  const deep = "a.".repeat(250_000);
  const texts = [
    `${NAMED}config = ${"[".repeat(400_000)}`,
    `${NAMED}[${deep}a]\n${"b = 1\n".repeat(1)}`,
    `${NAMED}${deep}a = 1`,
    `${NAMED}${Array.from({ length: 60_000 }, (_, at) => `k${at} = 1`).join("\n")}`,
    `${NAMED}[config]\nx = """${'\\"'.repeat(400_000)}`,
    "=".repeat(1_000_000),
    `${NAMED}config = {${"a = {".repeat(200_000)}`,
    "x".repeat(1024 * 1024 + 1),
  ];
  for (const text of texts) {
    const start = performance.now();
    const { manifest, issues } = inspectPulpManifest(text);
    assert(performance.now() - start < 5_000, text.slice(0, 60));
    assertEquals(manifest, undefined);
    assert(issues.length > 0 && issues.length <= 201);
  }
  assertEquals(inspectPulpManifest(Uint8Array.of(0xff)).issues[0]?.message, "must be UTF-8 text");
});

Deno.test("parsePulpManifest() freezes all of it, and digests cover it", () => {
  const manifest = parsePulpManifest(`${NAMED}provides = ["a"]\n[config.deep]\nn = 1.0`);
  assert(Object.isFrozen(manifest) && Object.isFrozen(manifest.pulp));
  assert(Object.isFrozen(manifest.pulp?.provides) && Object.isFrozen(manifest.pulp?.numbers));
  assert(Object.isFrozen(manifest.config["deep"]));
  const other = parsePulpManifest(`${NAMED}provides = ["a"]\n[config.deep]\nn = 1`);
  assert(canonicalManifest(manifest) !== canonicalManifest(other));
});

const key = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text !== "__proto__");
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
})).value;

Deno.test("parsePulpManifest() reads back any configuration that was written", () => {
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 5 }), (config) => {
      const manifest = parsePulpManifest(NAMED + stringify({ config }));
      const plain = (_key: string, each: unknown) => typeof each === "bigint" ? Number(each) : each;
      assertEquals(
        JSON.parse(JSON.stringify(manifest.config)),
        JSON.parse(JSON.stringify(config, plain)),
      );
    }),
    { numRuns: 200, seed: 7 },
  );
});

Deno.test("inspectPulpManifest() finds the line of any wrong value of a written text", () => {
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 5 }), (config) => {
      const before = NAMED + stringify({ config });
      const lines = before.split("\n").length;
      const { issues } = inspectPulpManifest(`${before}\n[last]\nx = 1\n`);
      assertEquals(issues.map(({ path, line }) => [path, line]), [["last", lines + 1]]);
    }),
    { numRuns: 200, seed: 7 },
  );
});

Deno.test("inspectPulpManifest() never throws", () => {
  const word = fc.constantFrom(
    ...[
      "name",
      "=",
      '"',
      "'",
      "[",
      "]",
      "{",
      "}",
      "\n",
      ".",
      ",",
      "1",
      "#",
      '"""',
      "\\",
      " ",
      "config",
    ],
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(word, fc.string({ maxLength: 3 })), { maxLength: 30 }),
      (words) => {
        inspectPulpManifest(words.join(""), "pulp.cell.toml");
      },
    ),
    { numRuns: 1_000, seed: 7 },
  );
});
