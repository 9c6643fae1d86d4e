/** Turns the values of options into what a host and a load take. @module */

import {
  CapabilityRegistry,
  type HostOptions,
  type Isolation,
  type LimitOptions,
  type LoadOptions,
  parseGrantFlags,
} from "../mod.ts";
import { CliError } from "./failure.ts";
import type { Values } from "./options.ts";
import { isFileError, readUpTo } from "./user_file.ts";

/** What a command loads with. */
export interface Settings {
  readonly registry: CapabilityRegistry;
  readonly host: Pick<
    HostOptions,
    "capabilities" | "limits" | "onRequest" | "rememberedGrants" | "storageRoot" | "warmProcesses"
  >;
  readonly load: LoadOptions;
}

/**
 * Reads the options that loading takes.
 *
 * @throws {CliError} `usage` for a value that makes no sense.
 */
export async function settingsOf(values: Values): Promise<Settings> {
  const registry = new CapabilityRegistry();
  const limits = limitsOf(values);
  const config = values.text("config");
  const isolation = values.text("isolation");
  const integrity = values.text("integrity");
  const abi = values.text("abi");
  const remember = values.text("remember");
  const storageRoot = values.text("storage-root");
  return {
    registry,
    host: {
      capabilities: registry,
      limits,
      ...(remember === undefined ? {} : { rememberedGrants: remember }),
      ...(storageRoot === undefined ? {} : { storageRoot }),
    },
    load: {
      grants: grantsOf(values.list("grant"), registry),
      limits,
      args: values.list("arg"),
      env: environment(values.list("env")),
      preopens: await directories(values.list("dir")),
      ...(config === undefined ? {} : { config: await configOf(config) }),
      ...(isolation === undefined ? {} : { isolation: isolationOf(isolation) }),
      ...(integrity === undefined ? {} : { integrity: integrityOf(integrity) }),
      ...(abi === undefined ? {} : { abi }),
    },
  };
}

function grantsOf(
  flags: readonly string[],
  registry: CapabilityRegistry,
): NonNullable<LoadOptions["grants"]> {
  try {
    return parseGrantFlags(flags, registry);
  } catch (error) {
    if (error instanceof TypeError) throw new CliError("usage", error.message, { cause: error });
    throw error;
  }
}

function limitsOf(values: Values): LimitOptions {
  const timeout = values.text("timeout");
  const memory = values.text("memory");
  const fuel = values.text("fuel");
  return {
    ...(timeout === undefined ? {} : { timeoutMs: milliseconds(timeout) }),
    ...(memory === undefined ? {} : { memoryBytes: bytesOf(memory) }),
    ...(fuel === undefined ? {} : { fuel: unitsOf(fuel) }),
  };
}

function unitsOf(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new CliError(
    "usage",
    `Cannot use --fuel as it must be a positive number of units: current value is "${text}"`,
  );
}

function milliseconds(text: string): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new CliError(
    "usage",
    `Cannot use --timeout as it must be a positive number of milliseconds: current value is "${text}"`,
  );
}

const PAGE_BYTES = 65_536;

const UNITS: { readonly [unit: string]: number } = {
  "": PAGE_BYTES,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

function bytesOf(text: string): number {
  const [, digits = "", unit = ""] = /^(\d+)(KiB|MiB|GiB|)$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit] ?? 0);
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new CliError(
    "usage",
    `Cannot use --memory as it must be a size like 64MiB, or a number of 64 KiB pages: current value is "${text}"`,
  );
}

const ISOLATIONS: readonly Isolation[] = ["inline", "worker", "process"];

function isolationOf(text: string): Isolation {
  const isolation = ISOLATIONS.find((each) => each === text);
  if (isolation) return isolation;
  throw new CliError(
    "usage",
    `Cannot use --isolation as it must be one of ${
      ISOLATIONS.join(", ")
    }: current value is "${text}"`,
  );
}

/** A malformed hash is the operator's slip, not the module's fault. */
function integrityOf(text: string): string {
  if (/^(?:sha(?:256|384|512)-[\w+/=-]+|[0-9a-f]{64})$/i.test(text)) return text;
  throw new CliError(
    "usage",
    `Cannot use --integrity as it must be sha256-…, sha384-…, sha512-… or 64 hexadecimal digits: current value is "${text}"`,
  );
}

function environment(pairs: readonly string[]): { readonly [name: string]: string } {
  const entries = pairs.map((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 1) {
      throw new CliError(
        "usage",
        `Cannot use --env as it must be KEY=VALUE: current value is "${pair}"`,
      );
    }
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const;
  });
  return Object.fromEntries(entries);
}

const READ_ONLY = "ro";

/** `HOST`, `HOST::GUEST`, `HOST::GUEST::ro` or `HOST::ro`; without a name a directory has its own. */
async function directories(
  texts: readonly string[],
): Promise<NonNullable<LoadOptions["preopens"]>> {
  const entries = await Promise.all(texts.map(async (text) => {
    const parts = text.split("::");
    const write = parts.length < 2 || parts.at(-1) !== READ_ONLY;
    const [host = "", guest = host, ...more] = write ? parts : parts.slice(0, -1);
    if (host === "" || guest === "" || more.length > 0) {
      throw new CliError(
        "usage",
        `Cannot use --dir as it must be HOST, HOST::GUEST or HOST::GUEST::ro: current value is "${text}"`,
      );
    }
    if (!await isDirectory(host)) {
      throw new CliError("usage", `Cannot use --dir as there is no directory "${host}"`);
    }
    return [guest, { host, write }] as const;
  }));
  return Object.fromEntries(entries);
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (isFileError(error)) return false;
    throw error;
  }
}

/** JSON in place, or a file of it. */
async function configOf(text: string): Promise<{ readonly [key: string]: unknown }> {
  const inline = text.trimStart().startsWith("{");
  const json = inline ? text : await readConfig(text);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new CliError("usage", `Cannot use --config as it is not JSON: ${cause.message}`, {
      cause,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as { readonly [key: string]: unknown };
  }
  throw new CliError("usage", "Cannot use --config as it must be a JSON object");
}

/** Bytes of configuration: a device has no end. */
const CONFIG_LIMIT = 4 * 1024 * 1024;

async function readConfig(path: string): Promise<string> {
  try {
    const bytes = await readUpTo(path, CONFIG_LIMIT);
    if (bytes) return new TextDecoder().decode(bytes);
  } catch (cause) {
    if (!isFileError(cause)) throw cause;
    throw new CliError("usage", `Cannot read the file of --config: ${cause.message}`, { cause });
  }
  throw new CliError("usage", `Cannot use --config as the file is larger than ${CONFIG_LIMIT}`);
}
