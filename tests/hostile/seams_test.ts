/** Attacks at the seams of a host: names, grants, approvals, chains, and what others left behind. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  CapabilityError,
  ExtensionError,
  ExtensionHost,
  type HostOptions,
  type LoadOptions,
} from "../../mod.ts";
import { temporaryDirectory } from "../temporary.ts";
import { attackerBytes, codeOf, loadAttacker, TIERS as WASM_TIERS } from "./wasm_guests.ts";

const ATTACKERS = new URL("./seams/", import.meta.url);
const SCRIPT_TIERS = ["quickjs", "worker", "process"] as const;
type ScriptTier = typeof SCRIPT_TIERS[number];

const SECRET = "the-secret-of-the-operator";
const PATIENT = { timeoutMs: 10_000 };

const sourceOf = (file: string) => Deno.readTextFile(new URL(file, ATTACKERS));
const engineOf = (tier: ScriptTier) => tier === "quickjs" ? "quickjs" : "js";

function isolationOf(tier: ScriptTier): Pick<LoadOptions, "isolation"> {
  return tier === "quickjs" ? {} : { isolation: tier };
}

function hostFor(tier: ScriptTier, options: HostOptions = {}): ExtensionHost {
  return new ExtensionHost({ log: () => {}, ...isolationOf(tier), ...options });
}

Deno.test("hostile 33: exports by the names that every object has", async (t) => {
  for (const { tier, load } of WASM_TIERS) {
    await t.step(`names.wat against ${tier}`, async () => {
      await using attacker = await loadAttacker("names.wat", { ...load, grants: {} });
      const { extension, host } = attacker;
      for (const name of ["__proto__", "constructor", "then", "toJSON", "hasOwnProperty"]) {
        assertEquals(await extension.invoke(name), new Uint8Array([49]), name);
      }
      for (const name of ["toString", "valueOf", "isPrototypeOf", "", "memory"]) {
        assertEquals(await codeOf(() => extension.invoke(name)), "unknown-function", name);
      }
      // an extension is no promise, whatever it exports
      assertEquals(await Promise.resolve(extension), extension);
      assertEquals(host.get("__proto__"), undefined);
      assertEquals(await extension.invoke("fine"), new Uint8Array([49]));
    });
  }
});

Deno.test("hostile 34: configuration by the names that every object has", async (t) => {
  for (const tier of SCRIPT_TIERS) {
    await t.step(`config_keys.js against ${tier}`, async () => {
      const config = '{"constructor": {"prototype": {"polluted": 1}}, "then": 1}';
      const text = `{"name": "attacker", "runtime": "${
        engineOf(tier)
      }", "module": "a.js", "config": ${config}}`;
      await using directory = await temporaryDirectory({
        "extension.json": text,
        "a.js": await sourceOf("config_keys.js"),
      });
      await using host = hostFor(tier);
      const extension = await host.load(directory.path, {
        config: JSON.parse('{"__proto__": {"isAdmin": true}}'),
      });
      assertEquals(await extension.call("attack", null, PATIENT), []);
      assertEquals(Reflect.get({}, "isAdmin") ?? Reflect.get({}, "polluted"), undefined);
    });
  }
});

Deno.test("hostile 35: imports that nobody offers, that are of another type, or not granted", async (t) => {
  for (const { tier, load } of WASM_TIERS) {
    for (
      const [file, code] of [
        ["undeclared_import.wat", "unsupported"],
        ["wrong_type.wat", "unsupported"],
        ["wrong_kind.wat", "unsupported"],
        ["gated_import.wat", "denied"],
      ] as const
    ) {
      await t.step(`${file} against ${tier}`, async () => {
        const grants = file === "gated_import.wat" ? {} : { count: true } as const;
        assertEquals(await codeOf(() => loadAttacker(file, { ...load, grants })), code);
        // granted, and of the right type, it is there: it is the grant that is missing
        if (file !== "gated_import.wat") return;
        await using granted = await loadAttacker(file, load);
        await granted.extension.invoke("fine");
        assertEquals(granted.effects(), 1);
      });
    }
  }
});

Deno.test("hostile 20: what one extension leaves behind, another of the same code finds", async (t) => {
  for (const { tier, load } of WASM_TIERS) {
    await t.step(`keeps.wat against ${tier}`, async () => {
      const bytes = await attackerBytes("keeps.wat");
      await using host = new ExtensionHost({ log: () => {} });
      const [one, two] = await Promise.all(
        ["one", "two"].map((name) =>
          host.load({
            manifest: { name, runtime: "wasm", module: "a.wasm" },
            files: { "a.wasm": bytes },
          }, load)
        ),
      );
      assert(one && two);
      for (let i = 0; i < 8; i++) await one.invoke("keep", "7");
      assertEquals(await two.invoke("told"), new Uint8Array([48]));
    });
  }
  for (const tier of SCRIPT_TIERS) {
    await t.step(`keeps.js against ${tier}`, async () => {
      await using host = hostFor(tier);
      const files = { "a.js": await sourceOf("keeps.js") };
      const load = (name: string) =>
        host.load({
          manifest: { name, runtime: engineOf(tier), module: "a.js", capabilities: ["kv"] },
          files,
        }, { grants: { kv: true } });
      const one = await load("one");
      await one.call("keep", 7, PATIENT);
      const two = await load("two");
      assertEquals(await two.call("told", null, PATIENT), [0, 0, 0, 0]);
      // nor does the next of the same name
      await one.close();
      const again = await load("one");
      assertEquals(await again.call("told", null, PATIENT), [0, 0, 0, 0]);
    });
  }
});

Deno.test("hostile 60: a manifest that takes another extension's name gets none of its grants", async (t) => {
  Deno.env.set("AIRLOCK_HOSTILE", SECRET);
  for (const tier of SCRIPT_TIERS) {
    await t.step(`impostor.js against ${tier}`, async () => {
      const manifest = (name: string) => ({
        name,
        runtime: engineOf(tier),
        module: "a.js",
        capabilities: ["env", "fs", "kv"].map((each) => ({ name: each, optional: true })),
      });
      const source = await sourceOf("impostor.js");
      await using directory = await temporaryDirectory({
        "all/a-impostor/extension.json": manifest("victim"),
        "all/a-impostor/a.js": source,
        "all/victim/extension.json": manifest("victim"),
        "all/victim/a.js": source,
        "storage/victim/note.txt": SECRET,
      });
      await using host = hostFor(tier, {
        grants: { "victim/": { env: { names: ["AIRLOCK_HOSTILE"] }, fs: true, kv: true } },
        storageRoot: join(directory.path, "storage"),
      });
      const loaded = await host.loadDir(join(directory.path, "all"));
      // the second of a name is refused, and the first has what its own directory was granted
      assertEquals(loaded.failures.length, 1);
      const impostor = loaded.get("victim");
      assertEquals(await impostor?.call("attack", null, PATIENT), []);
      await impostor?.close();

      // nor by the path alone, nor with a digest of another's files
      const alone = await host.load(join(directory.path, "all/a-impostor"));
      assertEquals(await alone.call("attack", null, PATIENT), []);
      await alone.close();
      await Deno.remove(join(directory.path, "all/a-impostor"), { recursive: true });
      const victim = (await host.loadDir(join(directory.path, "all"))).get("victim");
      assertEquals((await victim?.call("attack", null, PATIENT) as unknown[]).length, 3);
    });
  }
});

Deno.test("hostile 61: files that come after the approval are asked about again", async (t) => {
  Deno.env.set("AIRLOCK_HOSTILE", SECRET);
  for (const tier of SCRIPT_TIERS) {
    await t.step(`added.js against ${tier}`, async () => {
      await using directory = await temporaryDirectory({
        "attacker/extension.json": {
          name: "attacker",
          runtime: engineOf(tier),
          module: "a.js",
          capabilities: [{ name: "env", names: ["AIRLOCK_HOSTILE"] }],
        },
        "attacker/a.js": await sourceOf("approved.js"),
      });
      const path = join(directory.path, "attacker");
      const digests: string[] = [];
      let answer: "always" | "no" = "always";
      await using host = hostFor(tier, {
        rememberedGrants: join(directory.path, "airlock.grants.json"),
        onRequest({ digest }) {
          digests.push(digest);
          return answer;
        },
      });
      const attempt = async () => {
        await using extension = await host.load(path);
        return await extension.call("attack", null, PATIENT);
      };
      assertEquals(await attempt(), SECRET);
      assertEquals(await attempt(), SECRET);
      assertEquals(digests.length, 1);

      answer = "no";
      await directory.write({
        "attacker/a.js": await sourceOf("added.js"),
        "attacker/more.js": await sourceOf("more.js"),
      });
      assertEquals((await assertRejects(attempt, CapabilityError)).code, "denied");
      await directory.write({ "attacker/more.js": "export const more = 1;" });
      assertEquals((await assertRejects(attempt, CapabilityError)).code, "denied");
      assertEquals(new Set(digests).size, 3);

      // the very files of the approval are approved still
      await directory.write({ "attacker/a.js": await sourceOf("approved.js") });
      assertEquals(await attempt(), SECRET);
      assertEquals(digests.length, 3);
    });
  }
});

Deno.test("hostile 65: an extension that calls itself through a sibling while it holds its only instance", async (t) => {
  for (const tier of SCRIPT_TIERS) {
    await t.step(`cycle.js against ${tier}`, async () => {
      await using host = hostFor(tier);
      const source = await sourceOf("cycle.js");
      for (const [name, next] of [["one", "two"], ["two", "one"], ["self", "self"]] as const) {
        await host.load({
          manifest: {
            name,
            runtime: engineOf(tier),
            module: "a.js",
            capabilities: ["extensions"],
            config: { next },
          },
          files: { "a.js": source },
        }, { grants: { extensions: { names: ["*"] } } });
      }
      const start = performance.now();
      const told = await host.get("one")?.call("run", null, PATIENT);
      assertEquals(told, '"cycle"');
      assertEquals(await host.get("self")?.call("run", null, PATIENT), "cycle");
      assert(performance.now() - start < 5_000);
      // nobody waits for anybody: both serve the next call
      for (const name of ["one", "two"]) {
        const again = await host.get(name)?.call("run", null, PATIENT).catch((error) => error);
        assert(!(again instanceof ExtensionError), String(again));
      }
    });
  }
});
