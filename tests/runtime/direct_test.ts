/** Tests of direct grants: a lane with Deno's own permission for exactly what was granted, and no more. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type AuditRecord,
  CapabilityRegistry,
  defineCapability,
  type Extension,
  ExtensionError,
  ExtensionHost,
  type LoadOptions,
} from "../../mod.ts";
import { spawnConfined } from "../../runtime/worker/spawn.ts";
import { testServer } from "../capabilities/gated/net_server.ts";
import { temporaryDirectory } from "../temporary.ts";

const LANES = ["worker", "process"] as const;

const SOURCE = `
export async function get({ url, init }) {
  try {
    const { status, body } = await airlock.net.fetch(url, init);
    return [status, new TextDecoder().decode(body)];
  } catch (error) {
    return [error.code, error.capability];
  }
}
export const others = () => [typeof airlock.env, typeof fetch, typeof globalThis.Deno];
`;

const PATIENT = { timeoutMs: 10_000 };

async function withLane(
  isolation: typeof LANES[number],
  options: LoadOptions,
  work: (extension: Extension, audit: readonly AuditRecord[]) => Promise<void>,
): Promise<void> {
  const audit: AuditRecord[] = [];
  await using host = new ExtensionHost({
    log: () => {},
    audit: (record) => void audit.push(record),
  });
  const extension = await host.load({
    manifest: {
      name: "direct",
      runtime: "js",
      module: "a.js",
      capabilities: ["net", { name: "env", optional: true }],
    },
    files: { "a.js": SOURCE },
  }, { isolation, ...options });
  await work(extension, audit.slice());
}

for (const isolation of LANES) {
  Deno.test(`direct net in a ${isolation} reaches what was granted, past the broker, and nothing else`, async () => {
    await using granted = testServer();
    await using other = testServer();
    const grants = { net: { hosts: [`127.0.0.1:${granted.port}`] } };
    const records: AuditRecord[] = [];
    await using host = new ExtensionHost({
      log: () => {},
      audit: (record) => void records.push(record),
    });
    const extension = await host.load({
      manifest: { name: "direct", runtime: "js", module: "a.js", capabilities: ["net"] },
      files: { "a.js": SOURCE },
    }, { isolation, grants, direct: ["net"] });
    const get = (url: string, init?: unknown) => extension.call("get", { url, init }, PATIENT);
    const decided = records.length;
    assertEquals(await get(`${granted.origin}/`), [200, "hello"]);
    assertEquals(granted.seen.length, 1);
    // unaudited
    assertEquals(records.length, decided);

    for (
      const url of [
        `${other.origin}/`,
        `http://localhost:${granted.port}/`,
        `http://[::1]:${granted.port}/`,
        `${granted.origin}/to?location=${other.origin}/stolen`,
      ]
    ) {
      assertEquals(await get(url), ["denied", "net"], url);
    }
    assertEquals(other.seen, []);
    assertEquals(records.length, decided);

    // irrevocable while it runs
    extension.grants.revoke("net");
    assertEquals(await get(`${granted.origin}/`), [200, "hello"]);
    assertEquals(await extension.call("others", null, PATIENT), [
      "undefined",
      "undefined",
      "undefined",
    ]);
  });

  Deno.test(`direct net in a ${isolation} has the caps of net, and ends with its call`, async () => {
    await using server = testServer();
    const hosts = [`127.0.0.1:${server.port}`];
    await withLane(
      isolation,
      { grants: { net: { hosts } }, direct: ["net"] },
      async (extension) => {
        const get = (path: string, init?: unknown) =>
          extension.call("get", { url: `${server.origin}${path}`, init }, PATIENT);
        assertEquals(await get("/big?bytes=2000", { responseBytes: 1_000 }), ["quota", "net"]);
        // memory that the answer takes is the lane's own
        assertEquals(await get("/gzip?bytes=1000000", { responseBytes: 10_000 }), ["quota", "net"]);
        assertEquals((await get("/silent", { timeoutMs: 100 }) as unknown[])[0], "failed");
        assertEquals(
          (await get("/", { headers: { Host: "evil.example" } }) as unknown[])[0],
          "failed",
        );
        const controller = new AbortController();
        const late = extension.call("get", { url: `${server.origin}/silent` }, {
          signal: controller.signal,
        });
        while (server.open.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        controller.abort(new Error("enough"));
        await assertRejects(() => late, Error, "enough");
        await server.quiet();
        assertEquals(await get("/"), [200, "hello"]);
      },
    );
  });

  Deno.test(`direct in a ${isolation} is nothing without the grant, and nothing of fs, env or run ever`, async () => {
    const grants = { net: { hosts: ["127.0.0.1:1"] } };
    for (const name of ["fs", "storage.fs", "sqlite", "run", "env", "kv", "extensions"]) {
      const error = await assertRejects(
        () => withLane(isolation, { grants, direct: [name] }, () => Promise.resolve()),
        ExtensionError,
        undefined,
        name,
      );
      assertEquals(error.code, "unsupported");
    }
    await assertRejects(
      () => withLane(isolation, { grants, direct: ["nte"] }, () => Promise.resolve()),
      TypeError,
    );
    // Deno has no permission for a method
    const narrowed = { net: { hosts: ["127.0.0.1:1"], methods: ["GET"] } };
    const error = await assertRejects(
      () => withLane(isolation, { grants: narrowed, direct: ["net"] }, () => Promise.resolve()),
      ExtensionError,
    );
    assertEquals(error.code, "unsupported");
  });
}

Deno.test("direct is refused to engines without a lane of their own permissions", async () => {
  await using host = new ExtensionHost({ log: () => {} });
  for (const runtime of ["quickjs", "native"]) {
    const manifest = { name: "inline", runtime, module: "a.js", capabilities: ["net"] };
    const error = await assertRejects(
      () =>
        host.load({ manifest, files: { "a.js": SOURCE } }, {
          grants: { net: { hosts: ["127.0.0.1:1"] } },
          direct: ["net"],
        }),
      ExtensionError,
    );
    assertEquals(error.code, "unsupported");
  }
  const own = new CapabilityRegistry().gated(defineCapability({
    name: "translate",
    summary: "translate",
    parse: () => ({ ok: true, grant: null }),
    operations: { text: { params: ["key"], callSync: () => "" } },
    denoPermissions: () => ["--allow-read=/"],
  }));
  await using other = new ExtensionHost({ log: () => {}, capabilities: own });
  const manifest = { name: "own", runtime: "js", module: "a.js", capabilities: ["translate"] };
  const error = await assertRejects(
    () =>
      other.load({ manifest, files: { "a.js": SOURCE } }, {
        grants: { translate: true },
        isolation: "worker",
        direct: ["translate"],
      }),
    ExtensionError,
  );
  assertEquals(error.code, "unsupported");
});

Deno.test("the host's direct goes by the directory, as grants do", async () => {
  await using server = testServer();
  const manifest = { name: "same", runtime: "js", module: "a.js", capabilities: ["net"] };
  await using directory = await temporaryDirectory({
    "one/extension.json": { ...manifest, name: "one" },
    "one/a.js": SOURCE,
    "two/extension.json": { ...manifest, name: "two" },
    "two/a.js": SOURCE,
  });
  const audit: AuditRecord[] = [];
  const net = { net: { hosts: [`127.0.0.1:${server.port}`] } };
  await using host = new ExtensionHost({
    log: () => {},
    isolation: "worker",
    audit: (record) => void audit.push(record),
    grants: { "one/": net, "two/": net },
    direct: { "one/": ["net"] },
  });
  const loaded = await host.loadDir(directory.path);
  assertEquals(loaded.failures, []);
  for (const name of ["one", "two"]) {
    const url = `${server.origin}/`;
    assertEquals(await loaded.get(name)?.call("get", { url }, PATIENT), [200, "hello"]);
  }
  const operations = audit.filter(({ operation }) => operation !== "");
  assertEquals(operations.map(({ extension }) => extension), ["two"]);
});

/** What a worker with these flags may do: Deno's own answers, past all of our code. */
async function rightsOf(flags: readonly string[], urls: readonly string[]): Promise<unknown> {
  const worker = spawnConfined(
    new URL("./direct_probe.ts", import.meta.url),
    "probe",
    () => {},
    flags,
  );
  try {
    return await new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(urls);
    });
  } finally {
    worker.terminate();
  }
}

Deno.test("spawnConfined() gives a worker Deno's permission for exactly the flags", async () => {
  await using granted = testServer();
  await using other = testServer();
  const urls = [
    `${granted.origin}/`,
    `${other.origin}/`,
    `http://localhost:${granted.port}/`,
    `${granted.origin}/to?location=${other.origin}/stolen`,
  ];
  assertEquals(await rightsOf([`--allow-net=127.0.0.1:${granted.port}`], urls), {
    answers: [200, "NotCapable", "NotCapable", "NotCapable"],
    others: [],
  });
  assertEquals(await rightsOf([], urls), {
    answers: urls.map(() => "NotCapable"),
    others: [],
  });
  assertEquals(other.seen, []);
});

Deno.test("a direct process is started with exactly the flags, and reaches no other address past our code", async () => {
  await using granted = testServer();
  const hosts = [`127.0.0.1:${granted.port}`];
  await withLane("process", { grants: { net: { hosts } }, direct: ["net"] }, async (extension) => {
    assertEquals(extension.isolation, "process");
    const lines: string[] = [];
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
      const args = line.split("\0");
      if (args.includes(`--allow-net=${hosts[0]}`) && line.includes("data:")) lines.push(line);
    }
    assert(lines.length >= 1);
    for (const line of lines) {
      const allowed = line.split("\0").filter((arg) => arg.startsWith("--allow"));
      assertEquals(allowed, [`--allow-net=${hosts[0]}`]);
      for (const flag of ["--no-prompt", "--deny-import", "--no-remote", "--no-npm"]) {
        assert(line.split("\0").includes(flag), flag);
      }
    }
  });
});
