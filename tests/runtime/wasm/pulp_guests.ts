/** Pulp cells for tests, and what they are told and asked. @module */

import { fromFileUrl } from "@std/path";
import {
  type Extension,
  ExtensionHost,
  type HostOptions,
  type LoadOptions,
  type LogRecord,
} from "../../../mod.ts";
import { PULP_IMPORTS, type PulpImport } from "../../../manifest/pulp_host.ts";
import {
  type Packable,
  packMsgpack,
  type Unpacked,
  unpackMsgpack,
} from "../../../runtime/wasm/abi/pulp_msgpack.ts";

const FIXTURES = new URL("../../fixtures/pulp/", import.meta.url);

/** One probe in each language: the same commands. */
export const PROBES: { readonly [language: string]: URL } = {
  C: new URL("probe-c/", FIXTURES),
  AssemblyScript: new URL("probe-as/", FIXTURES),
};

/** Path of a fixture. */
export function fixture(name: string): string {
  return fromFileUrl(new URL(name, FIXTURES));
}

/** The numbers by which probes know their imports. */
export const IMPORT_NUMBERS: readonly PulpImport[] = [
  ...["http_register", "http_respond", "ws_register", "ws_send", "ws_close"] as const,
  ...["sse_register", "sse_emit", "http_fetch", "fs_read", "fs_write", "fs_delete"] as const,
  ...["sqlite_exec", "sqlite_query"] as const,
];

/** All of what a probe can be granted. */
export const EVERYTHING: Readonly<Record<string, true>> = Object.fromEntries(
  [...new Set(Object.values(PULP_IMPORTS))].filter((name) => name !== "net")
    .map((name) => [name, true] as const),
);

/** What an import answered: its code, and the bytes that it handed over. */
export interface Answer {
  readonly code: number;
  readonly bytes: Uint8Array;
}

/** Makes one call of the extension. */
export type Invoke = (fn: string, payload: Uint8Array) => Promise<Uint8Array>;

/** Bytes of a command. */
export function command(letter: string, ...parts: readonly (Uint8Array | number)[]): Uint8Array {
  const chunks = parts.map((part) => typeof part === "number" ? Uint8Array.of(part) : part);
  const bytes = new Uint8Array(chunks.reduce((size, { length }) => size + length, 1));
  bytes[0] = letter.charCodeAt(0);
  let at = 1;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** What a probe kept of its last step, read seven bytes at a time. */
export async function kept(invoke: Invoke, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  const word = new DataView(new ArrayBuffer(8));
  for (let at = 0; at < length;) {
    const text = new TextDecoder().decode(await invoke("probe_last_call", new Uint8Array(0)));
    word.setBigUint64(0, BigInt(text), true);
    const count = word.getUint8(7);
    if (count === 0) throw new Error(`Expected ${length} bytes, there are ${at}`);
    for (let i = 0; i < count; i++) bytes[at++] = word.getUint8(i);
  }
  return bytes;
}

/** Tells a probe something, and gives what it keeps. */
export async function tell(invoke: Invoke, input: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const handle = new TextDecoder().decode(await invoke("pulp_step", input));
  return await kept(invoke, Number(handle));
}

/** A loaded probe. */
export class Probe implements AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;
  readonly log: readonly LogRecord[];

  constructor(host: ExtensionHost, extension: Extension, log: readonly LogRecord[]) {
    this.host = host;
    this.extension = extension;
    this.log = log;
  }

  /** Tells it a command. */
  tell(letter: string, ...parts: readonly (Uint8Array | number)[]): Promise<Uint8Array> {
    return tell((fn, payload) => this.extension.invoke(fn, payload), command(letter, ...parts));
  }

  /** Makes it call an import with bytes of ours. */
  async ask(
    name: PulpImport,
    first: Uint8Array | string,
    second: Uint8Array = new Uint8Array(0),
  ): Promise<Answer> {
    const bytes = typeof first === "string" ? new TextEncoder().encode(first) : first;
    const length = new Uint8Array(Uint32Array.of(bytes.length).buffer);
    const said = await this.tell("x", IMPORT_NUMBERS.indexOf(name), length, bytes, second);
    return { code: codeOf(said), bytes: said.slice(4) };
  }

  /** The same with a message as MessagePack. */
  send(name: PulpImport, message: Packable): Promise<Answer> {
    return this.ask(name, packMsgpack(message));
  }

  /** Makes it call an import with these very numbers; its code. */
  async raw(name: PulpImport, ...args: readonly number[]): Promise<number> {
    const numbers = Uint32Array.from({ length: 6 }, (_, at) => args[at] ?? 0);
    const bytes = new Uint8Array(numbers.buffer);
    return codeOf(await this.tell("y", IMPORT_NUMBERS.indexOf(name), bytes));
  }

  /** Runs a statement. */
  async sql(
    name: "sqlite_exec" | "sqlite_query",
    sql: string,
    params?: readonly Packable[],
  ): Promise<readonly [code: number, answer: Unpacked]> {
    const list = params === undefined ? new Uint8Array(0) : packMsgpack(params);
    const { code, bytes } = await this.ask(name, sql, list);
    return [code, bytes.length === 0 ? null : unpackMsgpack(bytes)];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.host.close();
  }
}

function codeOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** Loads a cell. */
export async function loadProbe(
  target: URL | string,
  options: LoadOptions = {},
  host: Partial<HostOptions> = {},
): Promise<Probe> {
  const log: LogRecord[] = [];
  const made = new ExtensionHost({ log: (record) => void log.push(record), ...host });
  try {
    return new Probe(made, await made.load(target, options), log);
  } catch (error) {
    await made.close();
    throw error;
  }
}

/** A directory for one test. */
export async function makeStorage(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "pulp_" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
