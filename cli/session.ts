/** A host for the time of one command: its log on standard error, interrupts heard, always closed. @module */

import { dirname, resolve } from "@std/path";
import {
  type CapabilityRequest,
  ExtensionHost,
  formatLogRecord,
  GrantStore,
  type RequestHandler,
} from "../mod.ts";
import { EXIT } from "./exit.ts";
import { CliError, exitOf, reportFailure } from "./failure.ts";
import { HeldLog } from "./held_log.ts";
import type { Io } from "./io.ts";
import { promptFor } from "./prompt.ts";
import type { Settings } from "./settings.ts";
import { isFileError } from "./user_file.ts";

/** Milliseconds that closing may take: an extension that does not end must not keep the command. */
const CLOSE_MS = 10_000;

/** What a command works with. */
export interface Session {
  readonly host: ExtensionHost;
  /** Fires when the user interrupts, with a {@linkcode CliError} `aborted`. */
  readonly signal: AbortSignal;
}

/**
 * Runs `work` with a host, and closes it whatever happens. Gives what `work` gives; its answer is
 * out when the host closes, so a failure of that is only told, and is the exit code where all else
 * went well. Where it does not hear interrupts they end the process at once, as any other does.
 */
export async function withHost(
  io: Io,
  { host: options }: Pick<Settings, "host">,
  work: (session: Session) => Promise<number>,
  hears: boolean = true,
): Promise<number> {
  const log = new HeldLog((text) => io.err(text));
  const asked = options.capabilities && promptFor(io, options.capabilities);
  const onRequest = asked && ((request: CapabilityRequest) => log.during(() => asked(request)));
  const { rememberedGrants } = options;
  if (typeof rememberedGrants === "string") await checkStore(rememberedGrants, onRequest);
  const host = new ExtensionHost({
    // most commands end before a spare process would be of use
    warmProcesses: 0,
    ...options,
    ...(onRequest ? { onRequest } : {}),
    log: (record) => log.write(`${formatLogRecord(record)}\n`),
  });
  const controller = new AbortController();
  const abort = () => controller.abort(new CliError("aborted", "Interrupted"));
  const deaf = hears ? io.onInterrupt(abort) : () => {};
  let closing: number = EXIT.ok;
  let exit: number;
  try {
    exit = await work({ host, signal: controller.signal });
  } finally {
    deaf();
    closing = await closed(host).then(() => EXIT.ok, (error) => {
      reportFailure(io, error);
      return exitOf(error);
    });
  }
  return exit === EXIT.ok ? closing : exit;
}

/** A file that cannot be used is told before anybody is asked, or answers would be lost. */
async function checkStore(path: string, onRequest: RequestHandler | undefined): Promise<void> {
  try {
    await new GrantStore(path).recall("", "");
  } catch (error) {
    const known = error instanceof TypeError || isFileError(error) ||
      error instanceof Deno.errors.NotCapable;
    if (!known) throw error;
    throw new CliError("usage", `Cannot use --remember: ${error.message}`, { cause: error });
  }
  if (!onRequest) return;
  const directory = dirname(resolve(path));
  const { state } = await Deno.permissions.query({ name: "write", path: directory });
  if (state === "granted") return;
  throw new CliError(
    "usage",
    `Cannot use --remember as this process may not write there: start it with --allow-write=${directory}`,
  );
}

async function closed(host: ExtensionHost): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => reject(new CliError("unexpected", `Closing took more than ${CLOSE_MS} ms`));
  const timer = setTimeout(late, CLOSE_MS);
  try {
    await Promise.race([host.close(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
