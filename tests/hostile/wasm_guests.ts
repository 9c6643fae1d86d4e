/** Loads the attackers of wasm/ the way a program does: through a host, with a counted effect to ask for. @module */

import { assertEquals } from "@std/assert";
import wabt from "wabt";
import {
  type AuditRecord,
  CapabilityError,
  CapabilityRegistry,
  defineCapability,
  type Extension,
  ExtensionError,
  ExtensionHost,
  type HostOptions,
  type LoadOptions,
} from "../../mod.ts";

const ATTACKERS = new URL("./wasm/", import.meta.url);

const FEATURES = {
  bulk_memory: true,
  exceptions: true,
  memory64: true,
  multi_memory: true,
  mutable_globals: true,
  reference_types: true,
  sign_extension: true,
  tail_call: true,
  threads: true,
} as const;

/** Where attackers of this room run: the name of a step's tier, and how they get there. */
export const TIERS: readonly { readonly tier: string; readonly load: LoadOptions }[] = [
  { tier: "wasm", load: {} },
  { tier: "wasm worker", load: { isolation: "worker" } },
];

/** The module of an attacker's file. */
export async function attackerBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const { parseWat } = await wabt();
  const text = await Deno.readTextFile(new URL(file, ATTACKERS));
  const module = parseWat(file, text, FEATURES);
  try {
    module.resolveNames();
    return new Uint8Array(module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

/** An attacker at large, and what it did. */
export interface Attacker extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;
  readonly audit: AuditRecord[];
  /** Lines that it printed. */
  readonly printed: string[];
  /** How often the effect happened. */
  readonly effects: () => number;
}

/** Options of {@linkcode loadAttacker}. */
export interface AttackerOptions extends LoadOptions {
  readonly audit?: HostOptions["audit"];
  /** What `count.later` waits for. */
  readonly later?: () => Promise<void>;
  /** What the host does besides, in `count.up`. */
  readonly onUp?: () => void;
}

/** Loads an attacker; what it imports from `count` is granted. */
export async function loadAttacker(
  file: string,
  { audit, later = () => Promise.resolve(), onUp = () => {}, ...options }: AttackerOptions = {},
): Promise<Attacker> {
  let effects = 0;
  const records: AuditRecord[] = [];
  const printed: string[] = [];
  const registry = new CapabilityRegistry().gated(defineCapability({
    name: "count",
    summary: "count",
    parse: () => ({ ok: true, grant: null }),
    operations: {},
    imports: {
      count: {
        up: {
          params: [],
          results: ["i32"],
          run() {
            effects++;
            onUp();
            return effects;
          },
        },
        later: {
          params: [],
          results: ["i32"],
          async wait() {
            await later();
            return ++effects;
          },
        },
      },
    },
  }));
  const host = new ExtensionHost({
    capabilities: registry,
    audit: audit ?? ((record) => void records.push(record)),
    log: () => {},
  });
  try {
    const name = file.slice(file.lastIndexOf("/") + 1);
    const extension = await host.load({ name, bytes: await attackerBytes(file) }, {
      runtime: "wasm",
      grants: { count: true },
      stdout: (line: string) => void printed.push(line),
      ...options,
    });
    return {
      host,
      extension,
      audit: records,
      printed,
      effects: () => effects,
      [Symbol.asyncDispose]: () => host.close(),
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** What became of an attack: a code, or "answered". */
export async function codeOf(attack: () => Promise<unknown>): Promise<string> {
  try {
    await attack();
    return "answered";
  } catch (error) {
    if (error instanceof ExtensionError || error instanceof CapabilityError) return error.code;
    throw error;
  }
}

/** The host survives: the same extension serves its next call. */
export async function assertServes({ extension }: Attacker): Promise<void> {
  assertEquals(await codeOf(() => extension.invoke("fine")), "answered");
}
