/** `airlock serve`: serves the extensions of a directory until it is interrupted. @module */

import { basename, join } from "@std/path";
import {
  escapeControls,
  type ExtensionHost,
  formatLogRecord,
  loadManifest,
  ManifestError,
  type Served,
  type ServedExtension,
  type ServeOptions,
} from "../mod.ts";
import type { Command, Invocation } from "./command.ts";
import { EXIT } from "./exit.ts";
import { CliError } from "./failure.ts";
import { type Io, printJsonLine } from "./io.ts";
import { checkReadable } from "./list.ts";
import type { Values } from "./options.ts";
import { paintFor } from "./paint.ts";
import { withHost } from "./session.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { isFileError, readUpTo } from "./user_file.ts";

/** The command. */
export const serveCommand: Command = {
  name: "serve",
  operands: ["DIR"],
  summary: "serve the extensions of DIR until interrupted",
  notes: ["DIR is one extension, its file, or has them; standard error tells of each."],
  run,
};

/** Milliseconds between two looks at how the extensions do. */
const LOOK_MS = 500;
/** Milliseconds between two lines about one extension that only counted on. */
const COUNT_MS = 10_000;
/** Largest certificate or key that is read. */
const PEM_LIMIT = 1024 * 1024;

async function run({ operands: [directory = ""], values, io }: Invocation): Promise<number> {
  const settings = await settingsOf(values);
  const options = await serveOptions(values);
  const isFile = await isFileAt(directory);
  if (!isFile) await checkReadable(directory, "serve");
  return await withHost(
    io,
    { host: { ...settings.host, warmProcesses: 1 } },
    async ({ host, signal }) => {
      const reporter = reporterFor(io, values.has("json"));
      await loadAll({ host, io, directory, isFile, settings, signal });
      await using served = await host.serve(options);
      await reporter.listening(served);
      const interrupted = Promise.withResolvers<void>();
      const timer = setInterval(
        () => void reporter.look(served).catch(interrupted.reject),
        LOOK_MS,
      );
      const stop = () => interrupted.resolve();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      try {
        await interrupted.promise;
      } finally {
        clearInterval(timer);
        signal.removeEventListener("abort", stop);
      }
      const last = served.status();
      await served.close();
      await reporter.ended(last);
      return EXIT.ok;
    },
  );
}

/** What to load, and with what. */
interface Loading {
  readonly host: ExtensionHost;
  readonly io: Io;
  readonly directory: string;
  /** Whether it is no directory, but the file of one extension. */
  readonly isFile: boolean;
  readonly settings: Settings;
  readonly signal: AbortSignal;
}

/**
 * One extension, or each that the directory has. What cannot be loaded is told, and the others go on.
 *
 * @throws the first failure when nothing could be loaded; {@linkcode CliError} `unreadable` when there is nothing.
 */
async function loadAll(
  { host, io, directory, isFile, settings, signal }: Loading,
): Promise<void> {
  const options = { ...settings.load, signal };
  if (isFile || await hasManifest(directory)) {
    await host.load(directory, options);
    return;
  }
  const { failures } = await host.loadDir(directory, options);
  signal.throwIfAborted();
  const errors = failures.map(({ error }) => error);
  for (const path of await modulesIn(directory)) {
    await host.load(path, options).catch((error) => {
      signal.throwIfAborted();
      errors.push(error);
      // those of the subdirectories are in the host's log already
      tellFailure(io, path, error);
    });
  }
  if (host.extensions().length > 0) return;
  if (errors.length > 0) throw errors[0];
  throw new CliError("unreadable", `Cannot serve "${directory}": it has no extension`);
}

async function isFileAt(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    // whoever lists the directory says what is wrong with it
    if (isFileError(error)) return false;
    throw error;
  }
}

function tellFailure(io: Io, path: string, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const record = { time: Date.now(), level: "error", extension: basename(path), message } as const;
  io.err(`${formatLogRecord(record)}\n`);
}

async function hasManifest(directory: string): Promise<boolean> {
  try {
    await loadManifest(directory);
    return true;
  } catch (error) {
    if (error instanceof ManifestError && error.code === "no-manifest") return false;
    throw error;
  }
}

/** Modules without a manifest that lie in the directory itself, in the order of their names. */
async function modulesIn(directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(directory)) {
    if (isFile && name.toLowerCase().endsWith(".wasm")) names.push(name);
  }
  return names.sort().map((name) => join(directory, name));
}

async function serveOptions(values: Values): Promise<ServeOptions> {
  const [cert, key] = [values.text("tls-cert"), values.text("tls-key")];
  if ((cert === undefined) !== (key === undefined)) {
    throw new CliError("usage", "Cannot use --tls-cert without --tls-key, nor that without it");
  }
  const port = values.text("port");
  const hostname = values.text("hostname");
  return {
    ...port === undefined ? {} : { port: portOf(port) },
    ...hostname === undefined ? {} : { hostname },
    ...cert === undefined || key === undefined
      ? {}
      : { cert: await pemOf("tls-cert", cert), key: await pemOf("tls-key", key) },
  };
}

/** A port on the command line. */
export function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port >= 0 && port <= 65_535) return port;
  throw new CliError(
    "usage",
    `Cannot use --port as it must be a number from 0 to 65535: current value is "${text}"`,
  );
}

async function pemOf(option: string, path: string): Promise<string> {
  try {
    const bytes = await readUpTo(path, PEM_LIMIT);
    if (bytes) return new TextDecoder().decode(bytes);
  } catch (cause) {
    if (!isFileError(cause)) throw cause;
    throw new CliError("usage", `Cannot read the file of --${option}: ${cause.message}`, { cause });
  }
  throw new CliError("usage", `Cannot use --${option} as the file is larger than ${PEM_LIMIT}`);
}

/** Tells what happens: lines for people on standard error, or documents on standard output. */
interface Reporter {
  listening(served: Served): Promise<void>;
  look(served: Served): Promise<void>;
  ended(last: readonly ServedExtension[]): Promise<void>;
}

function reporterFor(io: Io, json: boolean): Reporter {
  const paint = paintFor(io, "err");
  const watch = new Watch();
  const say = (text: string) => io.err(`${text}\n`);
  const tell = async (event: string, rest: { readonly [name: string]: unknown }) => {
    if (json) await printJsonLine(io, { event, ...rest });
  };
  const line = ({ name, driver, state, error, routes }: ServedExtension) => {
    const shown = state === "failed" ? paint.bad(state) : paint.good(state);
    const what = state === "failed" ? error : routes.join(", ") || "nothing registered";
    return `${paint.strong(escapeControls(name))} ${shown} ${paint.faint(driver || "no driver")} ${
      escapeControls(what)
    }`;
  };
  return {
    async listening(served) {
      const extensions = served.status();
      watch.first(extensions);
      for (const extension of extensions) say(line(extension));
      say(`serving at ${served.url}`);
      await tell("listening", { url: served.url, extensions });
    },
    async look(served) {
      for (const { extension, change } of watch.changes(served.status())) {
        say(change === "state" ? line(extension) : countsOf(extension));
        await tell("status", { extension });
      }
    },
    async ended(last) {
      for (const extension of last) say(countsOf(extension));
      await tell("ended", { extensions: last });
    },
  };
}

function countsOf(extension: ServedExtension): string {
  const { name, state, requests, failed, queued, sockets, subscribers } = extension;
  const { droppedFrames, lostEvents } = extension;
  const parts = [
    `${requests} requests`,
    ...failed > 0 ? [`${failed} failed`] : [],
    ...queued > 0 ? [`${queued} waiting`] : [],
    ...sockets > 0 ? [`${sockets} connections`] : [],
    ...droppedFrames > 0 ? [`${droppedFrames} frames dropped`] : [],
    ...subscribers > 0 ? [`${subscribers} subscribers`] : [],
    ...lostEvents > 0 ? [`${lostEvents} events lost`] : [],
  ];
  return `${escapeControls(name)} ${state}: ${parts.join(", ")}`;
}

type Change = "state" | "counts";

/** Notices what is worth a line: another state or other routes at once, counters now and then. */
class Watch {
  readonly #known = new Map<string, { state: string; counts: string; told: number }>();

  first(extensions: readonly ServedExtension[]): void {
    this.changes(extensions);
  }

  changes(
    extensions: readonly ServedExtension[],
  ): readonly { readonly extension: ServedExtension; readonly change: Change }[] {
    const now = performance.now();
    return extensions.flatMap((extension) => {
      const { state, error, routes } = extension;
      const known = this.#known.get(extension.name);
      const next = {
        state: JSON.stringify([state, error, routes]),
        counts: countsOf(extension),
        told: now,
      };
      const change: Change | undefined = known?.state !== next.state
        ? "state"
        : known.counts !== next.counts && now - known.told >= COUNT_MS
        ? "counts"
        : undefined;
      if (change === undefined) return [];
      this.#known.set(extension.name, next);
      return [{ extension, change }];
    });
  }
}
