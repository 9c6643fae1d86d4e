/** `airlock run`: calls one function of one extension. @module */

import type { Extension } from "../mod.ts";
import type { Command, Invocation } from "./command.ts";
import { EXIT } from "./exit.ts";
import { CliError } from "./failure.ts";
import { type Io, printJson } from "./io.ts";
import { callCell } from "./pulp.ts";
import { PROGRAM, programStreams, statusOf } from "./program.ts";
import { type Session, withHost } from "./session.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { isFileError } from "./user_file.ts";

/** Most bytes of standard input or a file that become a payload: an endless input must not fill memory. */
const INPUT_BYTES = 64 * 1024 * 1024;

/** The command. */
export const runCommand: Command = {
  name: "run",
  operands: ["PATH", "FN", "[PAYLOAD|@FILE|-]"],
  summary: "call function FN, write its result",
  notes: [
    "PATH is a directory with extension.json, or a .wasm, .js or .ts file; PAYLOAD",
    "is text, @FILE or - for standard input. The result goes to standard output.",
    "For a WASI program FN is _start: streams and exit status are its own, and",
    "what else fails exits with 120 + code.",
  ],
  run,
};

async function run({ operands, values, io }: Invocation): Promise<number> {
  const [path = "", fn = "", given = ""] = operands;
  const settings = await settingsOf(values);
  const isProgram = fn === PROGRAM && !values.has("json");
  const streams = isProgram && given === "" && io.readNow !== undefined &&
    values.text("isolation") !== "worker";
  // what cannot be read while the program runs is read before; a person would not know that it waits
  const whole = fn === PROGRAM && given === "" && !streams && !io.inputIsTerminal;
  const payload = await payloadOf(whole ? "-" : given, io);
  if (isProgram) {
    const timeless = !values.has("timeout");
    return await runProgram(path, payload, { settings, io, streams, timeless });
  }
  return await withHost(io, settings, async ({ host, signal }) => {
    const extension = await host.load(path, { ...settings.load, signal });
    await initialise(extension, fn, signal);
    const start = performance.now();
    const result = await callCell(extension, { fn, payload, signal }) ??
      await extension.invoke(fn, payload, { signal });
    const ms = performance.now() - start;
    if (values.has("json")) await writeJson(io, extension, { fn, result, ms });
    else await writeBytes(io, result);
    return EXIT.ok;
  });
}

/** How a program runs. */
interface ProgramRun {
  readonly settings: Settings;
  readonly io: Io;
  /** Whether it reads standard input itself. */
  readonly streams: boolean;
  /** Whether it may take as long as it wants: whoever started it can end it. */
  readonly timeless: boolean;
}

/** A program does not answer: it reads, prints and exits for itself, and a signal ends it at once. */
async function runProgram(
  path: string,
  payload: Uint8Array | string,
  { settings: given, io, streams: reads, timeless }: ProgramRun,
): Promise<number> {
  const program = programStreams(io);
  const { stdin, ...output } = program.streams;
  // a native command is not told how often it may look at a file either
  const unlimited = { operations: null, ...timeless ? { timeoutMs: null } : {} };
  const settings: Settings = {
    ...given,
    host: { ...given.host, limits: { ...given.host.limits, ...unlimited } },
    load: { ...given.load, limits: { ...given.load.limits, ...unlimited } },
  };
  const session = async ({ host, signal }: Session): Promise<number> => {
    try {
      const extension = await host.load(path, {
        ...settings.load,
        streams: { ...output, ...reads && stdin ? { stdin } : {} },
        signal,
      });
      const result = await extension.invoke(PROGRAM, payload, { signal });
      // a plugin that is a program gives its result in its own way
      if (extension.abi !== "wasi") await writeBytes(io, result);
      return EXIT.ok;
    } catch (error) {
      const status = program.brokenStatus ?? statusOf(error);
      if (status === undefined) throw error;
      return status;
    } finally {
      await program.written();
    }
  };
  return await withHost(io, settings, session, io.outNow === undefined);
}

/** Functions of ApiQube plugins and Pulp cells that come before initialising them, or are it. */
const BEFORE_INIT: readonly string[] = ["plugin_info", "info", "plugin_init", "pulp_init", "init"];

/** A convention with a lifecycle starts it where nobody else would: a command is the whole program. */
export async function initialise(
  extension: Extension,
  fn: string,
  signal: AbortSignal,
): Promise<void> {
  if (BEFORE_INIT.includes(fn)) return;
  if (extension.abi === "apiqube") await extension.as("apiqube").init(undefined, { signal });
  if (extension.abi === "pulp") await extension.as("pulp").init(undefined, { signal });
}

async function writeBytes(io: Io, result: Uint8Array): Promise<void> {
  await io.out(result);
  const open = result.length > 0 && result.at(-1) !== LINE_FEED;
  if (io.outIsTerminal && open) await io.out(Uint8Array.of(LINE_FEED));
}

const LINE_FEED = 0x0a;

/** One call that succeeded. */
interface Outcome {
  readonly fn: string;
  readonly result: Uint8Array;
  readonly ms: number;
}

function writeJson(
  io: Io,
  { name, version, engine, isolation }: Extension,
  { fn, result, ms }: Outcome,
): Promise<void> {
  return printJson(io, {
    ok: true,
    name,
    version,
    engine,
    isolation,
    function: fn,
    ...textOrBase64(result),
    ms: Math.round(ms * 1000) / 1000,
  });
}

/** A payload operand: the text itself, `@` and a file, or `-` for standard input. */
export function payloadOf(operand: string, io: Io): Promise<Uint8Array | string> {
  if (operand === "-") return readAll(io.input, "standard input");
  if (operand.startsWith("@")) return readFile(operand.slice(1));
  return Promise.resolve(operand);
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    using file = await Deno.open(path);
    return await readAll(file.readable, `"${path}"`);
  } catch (cause) {
    if (!isFileError(cause)) throw cause;
    throw new CliError("usage", `Cannot read the payload: ${cause.message}`, { cause });
  }
}

async function readAll(stream: ReadableStream<Uint8Array>, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > INPUT_BYTES) {
      throw new CliError(
        "usage",
        `Cannot read the payload as ${what} has more than ${INPUT_BYTES} bytes`,
      );
    }
    chunks.push(chunk.slice());
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function textOrBase64(
  bytes: Uint8Array,
): { readonly result: string; readonly encoding: "utf-8" | "base64" } {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { result: text, encoding: "utf-8" };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { result: bytes.toBase64(), encoding: "base64" };
  }
}
