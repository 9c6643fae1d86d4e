/** Manifests that attack: each is refused with a reason, before anything of its extension runs. @module */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { CapabilityError, ExtensionError, ExtensionHost, ManifestError } from "../../mod.ts";
import { temporaryDirectory } from "../temporary.ts";

const ATTACKERS = new URL("./manifest/", import.meta.url);

/** What is not the manifest's fault alone, but of this host or these files. */
const OTHER_CODES: Readonly<Record<string, string>> = {
  capability_all: "missing-capability",
  capability_unknown: "missing-capability",
  module_link: "unsupported",
  unknown_engine: "unknown-runtime",
  wrong_hash: "integrity",
};

Deno.test("hostile 46: a manifest that deceives, climbs, overflows or says two things", async (t) => {
  const names = [...Deno.readDirSync(ATTACKERS)].map(({ name }) => name).sort();
  assert(names.length > 50);
  for (const name of names) {
    await t.step(`${name} against host`, async () => {
      await using directory = await temporaryDirectory({
        "outside/secret.js": "throw new Error('it ran');",
        "victim/extension.json": { name: "victim", runtime: "quickjs", module: "a.js" },
        "victim/a.js": "export const ping = () => 'pong';",
      });
      const attacker = join(directory.path, "attacker");
      await directory.write({
        "attacker/extension.json": await Deno.readFile(new URL(name, ATTACKERS)),
        "attacker/a.js": "throw new Error('it ran');",
      });
      await Deno.symlink("../outside/secret.js", join(attacker, "link.js"));
      let log = "";
      await using host = new ExtensionHost({ log: ({ message }) => void (log += message) });
      const victim = await host.load(join(directory.path, "victim"));
      const error = await host.load(attacker, { grants: "all" }).catch((error) => error);
      const known = error instanceof ManifestError || error instanceof CapabilityError ||
        error instanceof ExtensionError;
      assert(known, String(error));
      const expected = OTHER_CODES[name.replace(".manifest", "")] ?? "bad-manifest";
      assertEquals(error.code, expected, error.message);
      if (error instanceof ManifestError) assert(error.issues.length > 0);
      for (const text of [error.message, log]) {
        assert(!text.includes("it ran"));
        // deno-lint-ignore no-control-regex -- these are what must not be there
        assert(!/[\0-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]/.test(text), "unescaped characters");
      }
      assertEquals(host.extensions().length, 1);
      assertEquals(await victim.call("ping"), "pong");
      assertEquals(Object.keys(Object.prototype), []);
    });
  }
});
