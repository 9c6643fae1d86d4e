/** `airlock list`: loads a directory and shows what came of each extension in it. @module */

import {
  type CapabilityRegistry,
  escapeControls,
  type Extension,
  type ExtensionHost,
  type LoadFailure,
} from "../mod.ts";
import type { Command, Invocation } from "./command.ts";
import { EXIT } from "./exit.ts";
import { CliError, type Failure, failureOf } from "./failure.ts";
import { print, printJson } from "./io.ts";
import { type Paint, paintFor } from "./paint.ts";
import { withHost } from "./session.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { isFileError } from "./user_file.ts";
import { table } from "./table.ts";

/** The command. */
export const listCommand: Command = {
  name: "list",
  operands: ["DIR"],
  summary: "load every extension of DIR, show what each got",
  notes: [
    "A row each, with what it asks for and what it was granted. One that cannot",
    "be loaded is a row with the failure's code; standard error has the reason.",
    "Exit code 0 unless DIR cannot be read.",
  ],
  run,
};

/** One extension, loaded or not. What is not known is absent. */
interface Row {
  readonly name: string;
  readonly version?: string;
  /** The manifest's word for the engine. */
  readonly runtime?: string;
  readonly engine?: string;
  readonly abi?: string;
  readonly isolation?: string;
  readonly asked: readonly string[];
  readonly granted: readonly string[];
  /** `ok`, or the code of the failure. */
  readonly status: string;
  /** Where a failed one lies. */
  readonly source?: string;
  readonly error?: Failure;
}

async function run({ operands: [directory = ""], values, io }: Invocation): Promise<number> {
  const settings = await settingsOf(values);
  await checkReadable(directory, "list");
  return await withHost(io, settings, async ({ host, signal }) => {
    const loaded = await host.loadDir(directory, { ...settings.load, signal });
    signal.throwIfAborted();
    const rows = [...loaded.values()].map((extension) => rowOf(extension, settings.registry));
    for (const failure of loaded.failures) rows.push(await failedRow(host, failure, settings));
    rows.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
    if (values.has("json")) await printJson(io, { ok: true, directory, extensions: rows });
    else if (rows.length > 0) await print(io, textOf(rows, paintFor(io, "out")));
    else io.err(`${escapeControls(directory)}: no subdirectory has an extension.json\n`);
    return EXIT.ok;
  });
}

/**
 * Looks whether `directory` can be read, for what is to be done with it.
 *
 * @throws {CliError} `unreadable`.
 */
export async function checkReadable(directory: string, act: string): Promise<void> {
  try {
    for await (const _ of Deno.readDir(directory)) break;
  } catch (cause) {
    if (!isFileError(cause)) throw cause;
    throw new CliError("unreadable", `Cannot ${act} "${directory}": ${cause.message}`, { cause });
  }
}

function rowOf(extension: Extension, registry: CapabilityRegistry): Row {
  const { name, version, runtime, engine, abi, isolation, manifest, grants } = extension;
  return {
    name,
    version,
    runtime,
    engine,
    ...(abi === undefined ? {} : { abi }),
    isolation,
    asked: (manifest.capabilities ?? []).map((ask) => ask.name),
    // what every extension has anyway would hide what this one was given
    granted: grants.list().filter((granted) => registry.get(granted)?.mode === "gated"),
    status: "ok",
  };
}

/** A failure, with as much of the extension as its files tell. */
async function failedRow(
  host: ExtensionHost,
  { source, name, error }: LoadFailure,
  { load }: Settings,
): Promise<Row> {
  const failure = failureOf(error);
  const rest = { asked: [], granted: [], status: failure.code, source, error: failure };
  const label = name ?? source.split(/[/\\]/).at(-1) ?? source;
  const found = await host.inspect(source, load).catch(() => undefined);
  if (!found?.manifest) return { name: label, ...rest };
  const { manifest: { version, runtime }, engine, isolation, module, asks } = found;
  return {
    name: label,
    version,
    runtime,
    ...(engine === undefined ? {} : { engine }),
    ...(module?.abi === undefined ? {} : { abi: module.abi }),
    ...(isolation === undefined ? {} : { isolation }),
    ...rest,
    asked: asks.map((ask) => ask.name),
  };
}

function textOf(rows: readonly Row[], paint: Paint): string {
  const head = ["NAME", "VERSION", "RUNTIME", "ABI", "ISOLATION", "ASKED", "GRANTED", "STATUS"];
  const cells = rows.map((row) => [
    escapeControls(row.name),
    escapeControls(row.version ?? ""),
    escapeControls(row.runtime ?? ""),
    row.abi ?? "",
    row.isolation ?? "",
    escapeControls(row.asked.join(",")),
    escapeControls(row.granted.join(",")),
    { text: row.status, paint: row.status === "ok" ? paint.good : paint.bad },
  ]);
  return table(head, cells, paint.faint);
}
