/** Tests of runtime/decisions.ts through the host: who decides, in which order, and what is written down. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type AuditRecord,
  CapabilityError,
  CapabilityRegistry,
  type CapabilityRequest,
  ExtensionHost,
  GrantStore,
  type HostOptions,
  type RequestDecision,
} from "../../mod.ts";
import { Decisions } from "../../runtime/decisions.ts";
import { temporaryDirectory } from "../temporary.ts";

const SOURCE = `
import { greet } from "./greet.js";
export async function lang() { return airlock.env ? await airlock.env.get("AIRLOCK_T") : greet; }
`;

/** An extension of two files that asks for `env`, and what an operator needs to see. */
function asking(extra: { readonly [key: string]: unknown } = {}) {
  return temporaryDirectory({
    "one/extension.json": {
      name: "one",
      version: "2.0.0",
      runtime: "quickjs",
      module: "one.js",
      capabilities: [{ name: "env", names: ["AIRLOCK_T"], reason: "greets" }],
      ...extra,
    },
    "one/one.js": SOURCE,
    "one/greet.js": "export const greet = 'none';",
  });
}

interface Asked {
  readonly host: ExtensionHost;
  readonly requests: CapabilityRequest[];
  readonly audit: AuditRecord[];
}

function hostThat(
  answer: RequestDecision | (() => RequestDecision | Promise<RequestDecision>),
  options: HostOptions = {},
): Asked & AsyncDisposable {
  const requests: CapabilityRequest[] = [];
  const audit: AuditRecord[] = [];
  const host = new ExtensionHost({
    log: () => {},
    audit: (record) => void audit.push(record),
    onRequest(request) {
      requests.push(request);
      return typeof answer === "function" ? answer() : answer;
    },
    ...options,
  });
  return { host, requests, audit, [Symbol.asyncDispose]: () => host.close() };
}

function decisionsOf(audit: readonly AuditRecord[]) {
  return audit.filter(({ operation }) => operation === "")
    .map(({ capability, outcome, by, summary }) => [capability, outcome, by, summary]);
}

Deno.test("onRequest() grants exactly what is asked, for one load", async () => {
  await using dir = await asking();
  Deno.env.set("AIRLOCK_T", "hello");
  await using asked = hostThat("once");
  const one = await asked.host.load(`${dir.path}/one`);
  assertEquals(await one.call("lang"), "hello");
  const [request] = asked.requests;
  assert(request);
  const { extension, version, digest, capability, args, optional, reason, grant, rememberable } =
    request;
  assertEquals([extension, version, digest], ["one", "2.0.0", one.digest]);
  assertEquals([capability, { ...args }], ["env", { names: ["AIRLOCK_T"] }]);
  assertEquals([optional, reason, grant, rememberable], [
    false,
    "greets",
    "env=AIRLOCK_T",
    false,
  ]);
  assertEquals(decisionsOf(asked.audit), [["env", "granted", "request", "env=AIRLOCK_T"]]);
  await one.close();
  await asked.host.load(`${dir.path}/one`);
  assertEquals(asked.requests.length, 2);
});

Deno.test("onRequest() that refuses fails the load with the grant to add", async () => {
  await using dir = await asking();
  await using asked = hostThat("no");
  const error = await assertRejects(() => asked.host.load(`${dir.path}/one`), CapabilityError);
  assertEquals([error.code, error.grant], ["denied", "env=AIRLOCK_T"]);
  assertEquals(decisionsOf(asked.audit), [["env", "denied", "request", "env=AIRLOCK_T"]]);
});

Deno.test("onRequest() that refuses an optional ask leaves it out", async () => {
  await using dir = await asking({
    capabilities: [{ name: "env", names: ["AIRLOCK_T"], optional: true }],
  });
  await using asked = hostThat("no");
  assertEquals(await (await asked.host.load(`${dir.path}/one`)).call("lang"), "none");
});

Deno.test("onRequest() is not asked what grants decide, whatever they decide", async () => {
  await using dir = await asking();
  Deno.env.set("AIRLOCK_T", "hello");
  const granted = [
    { load: { env: true as const }, host: {} },
    { load: "all" as const, host: {} },
    { load: undefined, host: { "one/": { env: { names: ["AIRLOCK_T"] } } } },
  ];
  for (const { load, host } of granted) {
    await using asked = hostThat("no", { grants: host });
    const loaded = await asked.host.loadDir(dir.path, load ? { grants: load } : {});
    assertEquals([loaded.size, asked.requests.length], [1, 0]);
    assertEquals(decisionsOf(asked.audit), [["env", "granted", "grants", "env=AIRLOCK_T"]]);
  }
  await using narrow = hostThat("once");
  const grants = { env: { names: ["OTHER"] } };
  await assertRejects(() => narrow.host.load(`${dir.path}/one`, { grants }), CapabilityError);
  assertEquals(narrow.requests.length, 0);
  assertEquals(decisionsOf(narrow.audit), [["env", "denied", "grants", "env=AIRLOCK_T"]]);
});

Deno.test("load() without anybody to ask refuses, and writes down that nobody decided", async () => {
  await using dir = await asking();
  const audit: AuditRecord[] = [];
  await using host = new ExtensionHost({ audit: (record) => void audit.push(record) });
  await assertRejects(() => host.load(`${dir.path}/one`), CapabilityError);
  assertEquals(decisionsOf(audit), [["env", "denied", "nobody", "env=AIRLOCK_T"]]);
});

Deno.test("rememberedGrants keep a decision for exactly these files, and an update asks again", async () => {
  await using dir = await asking();
  const file = `${dir.path}/airlock.grants.json`;
  {
    await using asked = hostThat("always", { rememberedGrants: file });
    await asked.host.load(`${dir.path}/one`);
    assertEquals(asked.requests.map(({ rememberable }) => rememberable), [true]);
  }
  await using again = hostThat("no", { rememberedGrants: file });
  await (await again.host.load(`${dir.path}/one`)).close();
  assertEquals(again.requests.length, 0);
  assertEquals(decisionsOf(again.audit), [["env", "granted", "remembered", "env=AIRLOCK_T"]]);
  // a file of the graph, not the module, after approval: hostile corpus 61
  await dir.write({ "one/greet.js": "export const greet = 'evil';" });
  await assertRejects(() => again.host.load(`${dir.path}/one`), CapabilityError);
  assertEquals(again.requests.length, 1);
  await dir.write({ "one/greet.js": "export const greet = 'none';" });
  await again.host.load(`${dir.path}/one`);
  assertEquals(again.requests.length, 1);
});

Deno.test("rememberedGrants know an extension by its digest, not by its name", async () => {
  await using dir = await asking();
  const file = `${dir.path}/grants.json`;
  await using asked = hostThat("always", { rememberedGrants: file });
  await (await asked.host.load(`${dir.path}/one`)).close();
  // hostile corpus 60: it names itself like another one to take its grants
  await using thief = await asking({ description: "not the same" });
  await using again = hostThat("no", { rememberedGrants: file });
  await assertRejects(() => again.host.load(`${thief.path}/one`), CapabilityError);
  assertEquals(again.requests.length, 1);
});

Deno.test("rememberedGrants keep a refusal too, until it is forgotten", async () => {
  await using dir = await asking();
  const store = new GrantStore(`${dir.path}/grants.json`);
  await using asked = hostThat("never", { rememberedGrants: store });
  await assertRejects(() => asked.host.load(`${dir.path}/one`), CapabilityError);
  await assertRejects(() => asked.host.load(`${dir.path}/one`), CapabilityError);
  assertEquals(asked.requests.length, 1);
  assertEquals(decisionsOf(asked.audit).map(([, , by]) => by), ["request", "remembered"]);
  const [request] = asked.requests;
  assert(request);
  await store.forget(request.digest);
  await assertRejects(() => asked.host.load(`${dir.path}/one`), CapabilityError);
  assertEquals(asked.requests.length, 2);
});

Deno.test("decide() neither remembers nor recalls for code that its digest does not cover", async () => {
  await using dir = await temporaryDirectory();
  const digest = `sha256-${"0".repeat(64)}`;
  const store = new GrantStore(`${dir.path}/grants.json`);
  await store.remember(digest, "module", "kv", true);
  const seen: CapabilityRequest[] = [];
  const decisions = new Decisions({
    rememberedGrants: store,
    onRequest: (request) => (seen.push(request), "never"),
  });
  const granted = await decisions.decide({
    extension: { name: "module", version: "0.0.0", digest },
    label: "module",
    asks: [{ name: "kv", args: {}, optional: false, reason: "" }],
    granted: {},
    registry: new CapabilityRegistry(),
    identified: false,
    signal: undefined,
  });
  assertEquals([granted, seen.map(({ rememberable }) => rememberable)], [{}, [false]]);
  assertEquals(await store.recall(digest, "kv"), true);
});

Deno.test("onRequest() is asked one question at a time, also by many loads", async () => {
  await using dir = await temporaryDirectory(Object.fromEntries(
    ["a", "b", "c"].flatMap((name) => [
      [`${name}/extension.json`, {
        name,
        runtime: "quickjs",
        module: "f.js",
        capabilities: [{ name: "env", names: ["A"] }, { name: "kv" }],
      }],
      [`${name}/f.js`, "function f() {}"],
    ]),
  ));
  let open = 0;
  let most = 0;
  await using asked = hostThat(async (): Promise<RequestDecision> => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 5));
    open--;
    return "once";
  });
  const loaded = await asked.host.loadDir(dir.path);
  assertEquals([loaded.size, asked.requests.length, most], [3, 6, 1]);
});

Deno.test("load() does not run out of time while a person thinks", async () => {
  await using dir = await asking();
  await using asked = hostThat(async (): Promise<RequestDecision> => {
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    return "once";
  }, { limits: { loadMs: 100 } });
  assertEquals((await asked.host.load(`${dir.path}/one`)).name, "one");
});

Deno.test("load() stops asking when it is aborted, and when the first ask is refused", async () => {
  await using dir = await asking({
    capabilities: [{ name: "env", names: ["A"] }, { name: "kv" }],
  });
  await using refusing = hostThat("no");
  await assertRejects(() => refusing.host.load(`${dir.path}/one`), CapabilityError);
  assertEquals(refusing.requests.length, 1);
  const reason = new Error("enough");
  await using silent = hostThat(() => new Promise(() => {}));
  const controller = new AbortController();
  const loading = silent.host.load(`${dir.path}/one`, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 100);
  assertEquals(await loading.catch((error) => error), reason);
  assertEquals(silent.requests.every(({ signal }) => signal.aborted), true);
});

Deno.test("onRequest() is not asked for what this host does not have", async () => {
  await using dir = await asking({ capabilities: [{ name: "kv" }, { name: "email" }] });
  await using asked = hostThat("once");
  const error = await assertRejects(() => asked.host.load(`${dir.path}/one`), CapabilityError);
  assertEquals([error.code, asked.requests.length], ["missing-capability", 0]);
});

Deno.test("onRequest() decides what exactly where the ask does not say", async () => {
  await using dir = await asking({ capabilities: ["env"] });
  Deno.env.set("AIRLOCK_T", "hello");
  await using bare = hostThat("once");
  // "everything" has to be said
  await assertRejects(() => bare.host.load(`${dir.path}/one`), CapabilityError);
  assertEquals(bare.requests[0]?.needsArguments, true);
  await using exact = hostThat({ args: { names: ["AIRLOCK_T"] }, remember: false });
  assertEquals(await (await exact.host.load(`${dir.path}/one`)).call("lang"), "hello");
  await using wrong = hostThat({ args: { name: ["AIRLOCK_T"] }, remember: false });
  await assertRejects(() => wrong.host.load(`${dir.path}/one`), TypeError);
  await using nonsense = hostThat("yes" as never);
  await assertRejects(() => nonsense.host.load(`${dir.path}/one`), TypeError);
});
