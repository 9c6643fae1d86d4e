/**
 * What the host does around every call of an embedder's function: it is written down, and may go on to
 * another extension within its chain. Called once for each guest.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type AuditRecord,
  CapabilityError,
  ExtensionError,
  ExtensionHost,
  hostFunction,
  OperationError,
} from "../../mod.ts";
import type { AskingGuest } from "./asking.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Registers the tests of one guest, on this thread and in a worker. */
export function attendedSuite(guest: AskingGuest): void {
  suiteIn("inline", guest);
  suiteIn("worker", { ...guest, title: `${guest.title} in a worker` });
}

function suiteIn(isolation: "inline" | "worker", guest: AskingGuest): void {
  Deno.test(`${guest.title}: each call of a host function is written down`, async () => {
    const audit: AuditRecord[] = [];
    await using host = new ExtensionHost({
      log: () => {},
      audit: (record) => void audit.push(record),
    });
    const refusal = { extension: "x", capability: "host", grant: "" };
    const extension = await host.load(guest.module, {
      isolation,
      hostFunctions: [
        hostFunction("now", () => "1"),
        hostFunction("later", () => Promise.resolve("2"), { async: true }),
        hostFunction("fails", () => {
          throw new TypeError("no");
        }),
        hostFunction("refuses", () => {
          throw new CapabilityError("denied", refusal);
        }),
        hostFunction("waits", () => new Promise<void>(() => {}), { async: true }),
      ],
    });
    const ask = (name: string, timeoutMs = 5_000) =>
      extension.invoke(guest.ask, `${name}\0abc`, { timeoutMs }).then(decode, () => "");
    assertEquals([await ask("now"), await ask("later")], ["1", "2"]);
    assertEquals([await ask("fails"), await ask("refuses")], ["", ""]);
    // what nobody answers is no call
    assertEquals(await ask("missing"), "");
    assertEquals(
      audit.map(({ capability, operation, outcome, summary }) => [
        capability,
        operation,
        outcome,
        summary,
      ]),
      [
        ["host", "now", "allowed", "3 bytes"],
        ["host", "later", "allowed", "3 bytes"],
        ["host", "fails", "failed", "3 bytes"],
        ["host", "refuses", "denied", "3 bytes"],
      ],
    );
    const { name, version, digest } = extension;
    assert(digest.startsWith("sha256-"));
    for (const record of audit) {
      assertEquals([record.extension, record.version, record.digest], [name, version, digest]);
    }
  });

  Deno.test(`${guest.title}: a host function whose record is refused has failed`, async () => {
    await using host = new ExtensionHost({
      log: () => {},
      audit() {
        throw new TypeError("the disk is full");
      },
    });
    const extension = await host.load(guest.module, {
      isolation,
      hostFunctions: { now: () => "1" },
    });
    await assertRejects(() => extension.invoke(guest.ask, "now\0"), ExtensionError);
  });

  Deno.test(`${guest.title}: a host function goes on to another extension, and no chain closes`, async () => {
    await using host = new ExtensionHost({ log: () => {} });
    await host.load({
      manifest: { name: "peer", runtime: "quickjs", module: "a.js" },
      files: { "a.js": "export const up = (text) => text.toUpperCase();" },
    });
    const codes: unknown[] = [];
    const extension = await host.load(guest.module, {
      isolation,
      hostFunctions: [hostFunction("forward", async (payload, context) => {
        try {
          return await context.call(decode(payload), "up", '"milk"');
        } catch (error) {
          codes.push(
            error instanceof ExtensionError || error instanceof OperationError ? error.code : error,
          );
          return "failed";
        }
      })],
    });
    const ask = async (name: string) =>
      decode(await extension.invoke(guest.ask, `forward\0${name}`, { timeoutMs: 5_000 }));
    assertEquals(await ask("peer"), '"MILK"');
    assertEquals([await ask(extension.name), await ask("nobody")], ["failed", "failed"]);
    assertEquals(codes, ["cycle", "missing-extension"]);
  });
}
