/** What GoatKit plugins say of themselves: every key, its default, and everything that can be wrong. @module */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Fault } from "../../../../mod.ts";
import { durationMs } from "../../../../runtime/wasm/abi/gk_duration.ts";
import {
  type GkRegistration,
  parseRegistration,
  readRegistration,
} from "../../../../runtime/wasm/abi/gk_json.ts";
import { translate } from "../../../../runtime/wasm/abi/gk_translate.ts";

const encoder = new TextEncoder();

function read(value: unknown): ReturnType<typeof readRegistration> {
  return readRegistration(
    encoder.encode(typeof value === "string" ? value : JSON.stringify(value)),
  );
}

function issuesOf(value: unknown): readonly string[] {
  return read(value).issues.map(({ path, message }) => `${path}: ${message}`);
}

const FULL = {
  name: "stats",
  version: "2.0.0",
  description: "Counts",
  author: "Ada",
  license: "Apache-2.0",
  homepage: "https://example.org/stats",
  routes: [{
    method: "POST",
    path: "/stats/:id",
    handler: "show",
    middleware: ["auth", "admin"],
    description: "One of them",
  }],
  menu_items: [{
    ...{ id: "stats", label: "Stats", icon: "chart", path: "/stats", location: "admin" },
    ...{ parent: "", order: 3 },
    children: [{
      ...{ id: "day", label: "Day", icon: "", path: "/stats/day", location: "admin" },
      ...{ parent: "stats", order: -1, children: [] },
    }],
  }],
  widgets: [{
    ...{ id: "open", title: "Open", description: "How many", handler: "open" },
    ...{ location: "agent_home", size: "small", order: 1, refreshable: true, refresh_sec: 60 },
  }],
  jobs: [{
    ...{ id: "nightly", handler: "clean", schedule: "0 3 * * *", description: "Cleans" },
    ...{ enabled: true, timeout: "1h30m" },
  }],
  templates: [{ name: "stats/page.html", path: "templates/page.html", override: true }],
  i18n: {
    namespace: "numbers",
    languages: ["en", "de"],
    translations: { en: { title: "Numbers" }, de: { title: "Zahlen" } },
  },
  error_codes: [{ code: "export_failed", message: "No", http_status: 502 }],
  min_host_version: "0.7.0",
  permissions: ["db:read", "stats.view"],
};

Deno.test("readRegistration() keeps every key", () => {
  const { registration, issues } = read(FULL);
  assertEquals(issues, []);
  assertEquals(
    registration,
    {
      ...FULL,
      jobs: [{ ...FULL.jobs[0], timeout_ms: 5_400_000 }],
      error_codes: [{ code: "stats:export_failed", message: "No", http_status: 502 }],
    } as unknown as GkRegistration,
  );
  assert(Object.isFrozen(registration) && Object.isFrozen(registration.menu_items[0]?.children));
});

Deno.test("readRegistration() has a default for every key but the name, and takes null for absent", () => {
  const bare = read({ name: "bare" });
  const empty = Object.fromEntries(Object.keys(FULL).map((key) => [key, null]));
  const nulls = read({ ...empty, name: "bare", i18n: { languages: null, translations: null } });
  assertEquals(nulls, bare);
  assertEquals(bare.issues, []);
  assertEquals(bare.registration, {
    ...{ name: "bare", version: "", description: "", author: "", license: "", homepage: "" },
    ...{ routes: [], menu_items: [], widgets: [], jobs: [], templates: [], error_codes: [] },
    i18n: { namespace: "bare", languages: [], translations: {} },
    ...{ min_host_version: "", permissions: [] },
  });
  const { registration, issues } = read({
    name: "bare",
    routes: [{ method: "get", path: "/", handler: "x" }],
    menu_items: [{}],
    widgets: [{ id: "w", handler: "x" }],
    jobs: [{ id: "j", handler: "x", schedule: "@hourly" }],
    templates: [{ name: "t" }],
    error_codes: [{ code: "c" }],
  });
  assertEquals(issues, []);
  const { routes: [route], widgets: [widget], jobs: [job], error_codes: [error] } = registration;
  assertEquals([route?.method, route?.middleware], ["GET", []]);
  assertEquals([widget?.order, widget?.refreshable, widget?.refresh_sec], [0, false, 0]);
  assertEquals([job?.enabled, job?.timeout, job?.timeout_ms], [false, "5m", 300_000]);
  assertEquals(error, { code: "bare:c", message: "", http_status: 500 });
});

Deno.test("readRegistration() lists everything that is wrong, with its path", () => {
  assertEquals(issuesOf("{"), [": must be JSON in UTF-8"]);
  assertEquals(issuesOf("[]"), [": must be an object"]);
  assertEquals(issuesOf("null"), [": must be an object"]);
  assertEquals(issuesOf({}), ["name: must be there and not be empty"]);
  assertEquals(issuesOf({ name: 7 }), ["name: must be a string of at most 16384 characters"]);
  assertEquals(issuesOf({ name: "a\nb" }), [
    "name: must have at most 256 characters that can be printed",
  ]);
  assertEquals(
    issuesOf({
      name: "wrong",
      version: 1,
      routes: [{ method: "G T", path: "x", handler: "" }, 7],
      menu_items: {},
      widgets: [{ id: "w", handler: "h", order: 1.5, refreshable: "yes" }],
      jobs: [{ id: "j", handler: "h", schedule: "", timeout: "soon" }],
      templates: [null],
      i18n: { languages: [1], translations: { en: { a: 1 }, de: [] } },
      error_codes: [{ code: "", http_status: 42 }],
      permissions: "db:read",
    }),
    [
      "version: must be a string of at most 16384 characters",
      'routes[0].path: must start with "/"',
      "routes[0].method: must be an HTTP method",
      "routes[0].handler: must be there and not be empty",
      "routes[1]: must be an object",
      "menu_items: must be an array of at most 1000 entries",
      "widgets[0].order: must be a whole number",
      "widgets[0].refreshable: must be true or false",
      'jobs[0].timeout: must be a duration such as "5m"',
      "jobs[0].schedule: must be there and not be empty",
      "templates[0]: must be an object",
      'i18n.translations["en"]: must have strings only',
      'i18n.translations["de"]: must be an object',
      "i18n.languages[0]: must be a string of at most 16384 characters",
      "error_codes[0].code: must be there and not be empty",
      "error_codes[0].http_status: must be an HTTP status",
      "permissions: must be an array of at most 1000 entries",
    ],
  );
});

Deno.test("parseRegistration() throws one fault with all of them, for one that is wrong", () => {
  const bytes = encoder.encode('{"name":"a","routes":7,"jobs":7}');
  const fault = assertThrows(() => parseRegistration(bytes), Fault);
  assertEquals(
    [fault.code, fault.message],
    [
      "bad-guest-data",
      "its registration is wrong: routes must be an array of at most 1000 entries; " +
      "jobs must be an array of at most 1000 entries",
    ],
  );
});

Deno.test("readRegistration() survives hostile JSON", () => {
  const deep = (levels: number) => `${'{"children":['.repeat(levels)}{}${"]}".repeat(levels)}`;
  const nested = `{"name":"a","menu_items":[${deep(50_000)}]}`;
  assertEquals(
    issuesOf(nested).map((issue) => issue.slice(-45)),
    ["children: must not be there: a menu has 8 levels"].map((text) => text.slice(-45)),
  );
  const proto = read(
    '{"name":"a","__proto__":{"version":"9"},"toString":1,"i18n":{"translations":' +
      '{"__proto__":{"__proto__":"p","constructor":"c"}}}}',
  );
  assertEquals([proto.issues, proto.registration.version], [[], ""]);
  const { translations } = proto.registration.i18n;
  assert(Object.hasOwn(translations, "__proto__"));
  assertEquals(Object.getPrototypeOf(translations), Object.prototype);
  assertEquals(
    translate(proto.registration.i18n, "__proto__", { key: "constructor", args: [] }),
    "c",
  );
  assertEquals(
    translate(proto.registration.i18n, "toString", { key: "valueOf", args: [] }),
    "valueOf",
  );
  assertEquals(issuesOf(`{"name":"a","version":"${"x".repeat(2 ** 20)}"}`), [
    ": has 1048601 bytes where 1048576 are allowed",
  ]);
  assertEquals(issuesOf({ name: "a", permissions: Array(1_001).fill("x") }).length, 1);
  assertEquals(issuesOf({ name: "a", routes: Array(1_000).fill(1) }).length, 20);
  assertEquals(
    issuesOf('{"name":"a","widgets":[{"id":"w","handler":"h","order":1e999}]}').length,
    1,
  );
  assertEquals(readRegistration(Uint8Array.of(0x7b, 0xff)).issues.length, 1);
});

Deno.test("readRegistration() never throws, and what it gives is always whole", () => {
  const keys = Object.keys(FULL);
  const value = fc.jsonValue({ maxDepth: 4 });
  const object = fc.dictionary(fc.constantFrom(...keys, "__proto__", "id", "handler"), value);
  fc.assert(
    fc.property(object, (fields) => {
      const { registration } = read(fields);
      assertEquals(Object.keys(registration), keys);
      for (const list of ["routes", "widgets", "jobs", "permissions"] as const) {
        assert(Array.isArray(registration[list]));
      }
    }),
    { numRuns: 500 },
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void readRegistration(bytes)));
});

Deno.test("durationMs() reads what Go reads", () => {
  const good = {
    ...{ "5m": 300_000, "1h30m": 5_400_000, "300ms": 300, "1.5s": 1_500, ".5h": 1_800_000 },
    ...{ "0": 0, "-2s": -2_000, "+2s": 2_000, "1m0.5s": 60_500, "10us": 0.01, "10µs": 0.01 },
  };
  for (const [text, ms] of Object.entries(good)) assertEquals(durationMs(text), ms, text);
  const long = "1".repeat(1_000_000);
  for (const text of ["", "5", "m", "5 m", "5m ", "5x", "1h-2m", "e", "1e3s", "--1s", long]) {
    assertEquals(durationMs(text), undefined, text.slice(0, 20));
  }
});

Deno.test("translate() looks in the language, its shorter form and the first one", () => {
  const i18n = {
    namespace: "notes",
    languages: ["en", "de"],
    translations: {
      de: { hello: "Hallo %s", count: "%d von %d (%%)" },
      en: { hello: "Hello %s", bye: "Bye {name}, {0}", "notes.own": "own" },
    },
  };
  const say = (language: string, key: string, args: unknown[] | Record<string, unknown> = []) =>
    translate(i18n, language, { key, args: args as never });
  assertEquals(say("de", "hello", ["Ada"]), "Hallo Ada");
  assertEquals(say("de-AT", "notes.hello", ["Ada"]), "Hallo Ada");
  assertEquals(say("de", "bye", { name: "Ada" }), "Bye Ada, {0}");
  assertEquals(say("", "bye", ["x"]), "Bye {name}, x");
  assertEquals(say("fr", "hello"), "Hello %s");
  assertEquals(say("de", "count", [1, 2]), "1 von 2 (%)");
  assertEquals(say("de", "notes.own"), "own");
  assertEquals([say("de", "unknown"), say("de", "notes.unknown")], ["unknown", "notes.unknown"]);
  const bomb = { ...i18n, translations: { en: { boom: "%s".repeat(1_000) } } };
  const text = "x".repeat(10_000);
  const boomed = translate(bomb, "en", { key: "boom", args: Array(1_000).fill(text) });
  assert(boomed.length < 100_000);
});
