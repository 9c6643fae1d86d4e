/** Loads the GoatKit guests of the tests through a real host, with what it logs. @module */

import wabt from "wabt";
import {
  type AuditRecord,
  type Extension,
  ExtensionHost,
  type HostOptions,
  type LoadOptions,
  type LoadTarget,
  type LogRecord,
} from "../../../mod.ts";

/** Plugins by what they are written in, each with the same functions. */
export const PROBES: { readonly [language: string]: URL } = {
  C: new URL("../../fixtures/gk/probe_c.wasm", import.meta.url),
  AssemblyScript: new URL("../../fixtures/gk/probe_as.wasm", import.meta.url),
};

/** The plugin of the examples, written in Go. */
export const NOTES: URL = new URL("../../../examples/conventions/gk/notes.wasm", import.meta.url);

const ASKER = new URL("../../fixtures/gk/asker.wat", import.meta.url);
const { parseWat } = await wabt();
const honest = await Deno.readTextFile(ASKER);

/** A part of the guest's text and what stands there instead. */
export type Change = readonly [part: string, instead: string];

/** The guest `asker.wat` with a registration of the test's, and with parts of its text replaced. */
export function asker(
  registration: unknown = { name: "asker" },
  { name = "asker", changes = [] }: { name?: string; changes?: readonly Change[] } = {},
): { name: string; bytes: Uint8Array<ArrayBuffer> } {
  const text = typeof registration === "string" ? registration : JSON.stringify(registration);
  const data = [...new TextEncoder().encode(text)].map((byte) =>
    `\\${byte.toString(16).padStart(2, "0")}`
  ).join("");
  const all: readonly Change[] = [
    ['(data (i32.const 4096) "{\\"name\\":\\"asker\\"}")', `(data (i32.const 4096) "${data}")`],
    ...changes,
  ];
  let source = honest;
  for (const [part, instead] of all) {
    if (!source.includes(part)) throw new TypeError(`The guest has no ${part}`);
    source = source.replace(part, () => instead);
  }
  const module = parseWat("asker.wat", source);
  try {
    module.resolveNames();
    return { name: `${name}.wasm`, bytes: new Uint8Array(module.toBinary({}).buffer) };
  } finally {
    module.destroy();
  }
}

/** Where plugins run: beside their host, or off its thread. */
export const ISOLATIONS = ["inline", "worker"] as const;

/** One loaded guest and what its host saw. */
export interface Loaded extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;
  readonly log: readonly LogRecord[];
  readonly audit: readonly AuditRecord[];
  /** Calls a function with a value as JSON; the answer's value, `undefined` for none. */
  ask(fn: string, args?: unknown): Promise<unknown>;
  /** What was logged since the last time, as `level: message`. */
  logged(): string[];
}

/** Loads `target` as `options` say. */
export async function loadGk(
  target: LoadTarget,
  options: LoadOptions = {},
  hostOptions: HostOptions = {},
): Promise<Loaded> {
  const log: LogRecord[] = [];
  const audit: AuditRecord[] = [];
  const host = new ExtensionHost({
    log: (record) => void log.push(record),
    audit: (record) => void audit.push(record),
    ...hostOptions,
  });
  try {
    const extension = await host.load(target, options);
    return {
      ...{ host, extension, log, audit },
      async ask(fn, args) {
        const payload = args === undefined ? "" : JSON.stringify(args);
        const text = new TextDecoder().decode(await extension.invoke(fn, payload));
        return text === "" ? undefined : JSON.parse(text);
      },
      logged: () => log.splice(0).map(({ level, message }) => `${level}: ${message}`),
      [Symbol.asyncDispose]: () => host.close(),
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}
