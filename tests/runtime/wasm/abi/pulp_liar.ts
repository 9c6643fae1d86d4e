/** The cell `liar.wat`, its text with parts replaced, and what it is told. @module */

import { assert } from "@std/assert";
import wabt from "wabt";
import { type Extension, ExtensionHost, type LoadOptions } from "../../../../mod.ts";
import { PULP_IMPORTS, type PulpImport } from "../../../../manifest/pulp_host.ts";
import { EVERYTHING, fixture } from "../pulp_guests.ts";

/** Bytes of the guest's memory. */
export const MEMORY: number = 131_072;
/** Where what follows the numbers of a step is. */
export const EXTRA: number = 32_820;
/** What makes its allocator answer the truth. */
export const TRUTH: number = 1;
/** The numbers by which it knows its imports. */
export const IMPORTS: readonly PulpImport[] = [
  ...["http_register", "http_respond", "ws_register", "ws_send", "ws_close"] as const,
  ...["sse_register", "sse_emit", "fs_delete", "http_fetch", "fs_read", "fs_write"] as const,
  ...["sqlite_exec", "sqlite_query"] as const,
];
const CAPABILITIES = [...new Set(Object.values(PULP_IMPORTS))].map((name) => ({
  name,
  optional: true,
}));

const SOURCE = await Deno.readTextFile(fixture("liar.wat"));

/** The bytes of the liar, with other words in the place of some. */
export async function liar(changes: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  let text = SOURCE;
  for (const [from, to] of Object.entries(changes)) {
    assert(text.includes(from), from);
    text = text.replaceAll(from, to);
  }
  const { parseWat } = await wabt();
  const module = parseWat("liar.wat", text);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** A cell that lies when it is told to. */
export class Liar implements AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;

  constructor(host: ExtensionHost, extension: Extension) {
    this.host = host;
    this.extension = extension;
  }

  /** Makes it call an import; `lie` is what its allocator answers meanwhile. */
  call(
    name: PulpImport,
    numbers: readonly number[],
    { lie = TRUTH, extra = "" }: { readonly lie?: number; readonly extra?: string | Uint8Array } =
      {},
  ): Promise<number> {
    const more = typeof extra === "string" ? new TextEncoder().encode(extra) : extra;
    const bytes = new Uint8Array(32 + more.length);
    const view = new DataView(bytes.buffer);
    for (const [at, number] of [IMPORTS.indexOf(name), lie, ...numbers].entries()) {
      view.setUint32(4 * at, number >>> 0, true);
    }
    bytes.set(more, 32);
    return this.extension.as("pulp").step(bytes);
  }

  /** The same with bytes of ours as the import's only message. */
  message(name: PulpImport, bytes: Uint8Array): Promise<number> {
    return this.call(name, [EXTRA, bytes.length], { extra: bytes });
  }

  /** Tells it what to answer from now on. */
  init(lie: number = TRUTH, init = 0, shutdown = 0, probe = 0): Promise<void> {
    return this.extension.as("pulp").init(
      new Uint8Array(Int32Array.of(lie, init, shutdown, probe).buffer),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.host.close();
  }
}

/** Loads it with everything that it can be granted. */
export async function load(
  bytes: Uint8Array,
  options: LoadOptions = {},
  storageRoot?: string,
): Promise<Liar> {
  const host = new ExtensionHost({ log: () => {}, ...storageRoot ? { storageRoot } : {} });
  const manifest = {
    name: "liar",
    runtime: "wasm",
    module: "liar.wasm",
    capabilities: CAPABILITIES,
  };
  try {
    const target = { manifest, files: { "liar.wasm": bytes } };
    return new Liar(host, await host.load(target, { grants: EVERYTHING, ...options }));
  } catch (error) {
    await host.close();
    throw error;
  }
}
