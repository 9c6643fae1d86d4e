/** Pulp cells that pass whatever there is to their host: they get codes, or end. @module */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ExtensionError } from "../../../../mod.ts";
import { packMsgpack } from "../../../../runtime/wasm/abi/pulp_msgpack.ts";
import { EVERYTHING, loadProbe, makeStorage, PROBES } from "../pulp_guests.ts";
import { EXTRA, IMPORTS, liar, load, MEMORY, TRUTH } from "./pulp_liar.ts";

const CODES: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, 7, 8]);
/** How an instance may end over what it was told. */
const ENDS: ReadonlySet<string> = new Set(["trap", "bad-guest-data", "timeout", "needs-async"]);
const edge = fc.constantFrom(0, 1, 8, 32_768, EXTRA, MEMORY - 1, MEMORY, 2 ** 31, 2 ** 32 - 1);
const number = fc.oneof(edge, fc.nat(MEMORY + 10), fc.integer());
/** Lies that do not trap by themselves. */
const lie = fc.oneof(fc.constant(TRUTH), fc.constantFrom(0, -1, 4, MEMORY, MEMORY - 1), fc.nat());

Deno.test("no numbers that a cell passes get it more than a code", async () => {
  await using storage = await makeStorage();
  // every failed start counts, so none may fail here but by what is tried
  const bytes = await liar();
  const options = {
    limits: { timeoutMs: 2_000 },
    grants: { ...EVERYTHING, net: { hosts: ["x:1"] } },
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(
          fc.constantFrom(...IMPORTS),
          fc.array(number, { minLength: 6, maxLength: 6 }),
          lie,
          fc.uint8Array({ maxLength: 40 }),
        ),
        { minLength: 5, maxLength: 12 },
      ),
      async (calls) => {
        await using cell = await load(bytes, options, storage.path);
        for (const [name, numbers, answered, extra] of calls) {
          try {
            const code = await cell.call(name, numbers, { lie: answered, extra });
            assert(CODES.has(code), `${name} ${numbers} ${code}`);
          } catch (error) {
            assert(error instanceof ExtensionError && ENDS.has(error.code), String(error));
            return;
          }
        }
      },
    ),
    { numRuns: 25, seed: 3 },
  );
});

Deno.test("no message that a cell sends gets it more than a code", async () => {
  await using storage = await makeStorage();
  const directory = PROBES["C"];
  assert(directory);
  await using probe = await loadProbe(directory, {
    grants: EVERYTHING,
    limits: { timeoutMs: 5_000 },
  }, { storageRoot: storage.path });
  const text = fc.string({ maxLength: 12 });
  const scalar = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.dictionary(
      fc.constantFrom(
        "id",
        "method",
        "path",
        "status",
        "headers",
        "body",
        "conn_id",
        "opcode",
        "data",
      ),
      fc.oneof(scalar, fc.dictionary(text, scalar, { maxKeys: 3 }), fc.constant("/x")),
    ).map((value) => packMsgpack(value)),
  );
  const names = IMPORTS.filter((name) => !/^(?:fs|sqlite|http_fetch)/.test(name));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), message, async (name, bytes) => {
      const { code } = await probe.ask(name, bytes);
      assert(CODES.has(code), `${name} ${code}`);
    }),
    { numRuns: 400, seed: 5 },
  );
  assertEquals(probe.extension.stats().restarts, 0);
});
