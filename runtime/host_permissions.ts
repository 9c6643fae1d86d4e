/** The least Deno permissions that a host of a directory needs, and whom each is for. @module */

import { basename, join, resolve } from "@std/path";
import { checkAsks } from "../capabilities/asks.ts";
import type { BoundGrant } from "../capabilities/grant.ts";
import { CapabilityError } from "../capabilities/errors.ts";
import { resolveGrants } from "../capabilities/grant.ts";
import { mergeFlags, readFlag, writeFlag } from "../capabilities/permission_flags.ts";
import { isNotFound, powers } from "../capabilities/powers.ts";
import { addressOf } from "../capabilities/powers/listener.ts";
import type { CapabilityAsk } from "../manifest/manifest.ts";
import type { ExtensionHost } from "./host.ts";
import type { DescribedAsk, ExtensionDescription } from "./inspect.ts";
import type { LoadOptions } from "./options.ts";
import { locateExtension } from "./locate.ts";
import { isolationOf } from "./registry.ts";
import { DEFAULT_HOSTNAME, DEFAULT_PORT } from "./serving/serve.ts";
import { storageDirectory } from "./storage_key.ts";
import { subdirectories } from "./subdirectories.ts";

/** What {@linkcode hostPermissions} looks at. */
export interface HostPermissionOptions {
  /** As for `load`; without `grants` each extension is taken to be granted what it asks for. */
  readonly load?: LoadOptions;
  /** The host's `storageRoot`. */
  readonly storageRoot?: string;
  /** Where the host serves what may be served, as for `serve`; default: `127.0.0.1` and 8000. */
  readonly hostname?: string;
  /** Port of it. */
  readonly port?: number;
}

/** One permission and who needs it. */
export interface PermissionReason {
  /** The flag, for this alone. */
  readonly flag: string;
  /** What needs it: `reading the extensions`, `net of notes`. */
  readonly reason: string;
}

/** What a host of a directory has to be started with. */
export interface HostPermissions {
  /** Flags of `deno run`, merged and sorted. */
  readonly flags: readonly string[];
  /** Each part of them with its reason. */
  readonly reasons: readonly PermissionReason[];
  /** What an operator should know about them. */
  readonly notes: readonly string[];
}

/** Something of the directory that a host loads. */
interface Target {
  readonly name: string;
  readonly path: string;
  /** What its storage is kept by, as for `loadDir`; by its digest where `load` loads it. */
  readonly directoryKey: string | undefined;
}

/** How modules without a manifest end. */
const MODULE_ENDING = ".wasm";

/**
 * Tells what `host.loadDir(directory)` and every call of what it loads need from Deno; a directory that is
 * an extension itself is taken for that one, and modules without a manifest in it are counted, too, as
 * `airlock serve` does. Nothing of the extensions runs. Files beside them, such as the host's own modules,
 * are not in it.
 *
 * @example
 * ```ts
 * import { ExtensionHost, hostPermissions } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const dir = await Deno.realPath(await Deno.makeTempDir());
 * await Deno.mkdir(`${dir}/notes`);
 * await Deno.writeTextFile(
 *   `${dir}/notes/extension.json`,
 *   JSON.stringify({
 *     name: "notes",
 *     runtime: "native",
 *     capabilities: [{ name: "env", names: ["LANG"] }],
 *   }),
 * );
 * await using host = new ExtensionHost();
 * const { flags } = await hostPermissions(host, dir);
 * assertEquals(flags, ["--allow-env=LANG", `--allow-read=${dir}`]);
 * await Deno.remove(dir, { recursive: true });
 * ```
 */
export async function hostPermissions(
  host: ExtensionHost,
  directory: string,
  options: HostPermissionOptions = {},
): Promise<HostPermissions> {
  const root = resolve(directory);
  const reasons: PermissionReason[] = [
    { flag: writeFlag("read", root), reason: "reading the extensions" },
  ];
  const notes: string[] = [];
  for (const target of await targetsIn(root)) {
    const { name, path } = target;
    let found: ExtensionDescription;
    try {
      found = await host.inspect(path, options.load);
    } catch (error) {
      notes.push(`${name} cannot be loaded: ${error instanceof Error ? error.message : error}`);
      continue;
    }
    // by its imports alone; the rest only a module that runs can say
    if (found.manifest?.capabilities === undefined) notes.push(unlistedNote(name));
    reasons.push(...await engineReasons(host, found, name, notes));
    reasons.push(...grantReasons(host, found, target, options, notes));
  }
  const flags = mergeFlags(reasons.map(({ flag }) => flag).filter((flag) => !isUnstable(flag)));
  const unstable = new Set(reasons.map(({ flag }) => flag).filter(isUnstable));
  return Object.freeze({
    flags: Object.freeze([...flags, ...[...unstable].sort()]),
    reasons: Object.freeze(reasons),
    notes: Object.freeze([...new Set(notes)]),
  });
}

/** The extension that `root` is; else those of its subdirectories, and its bare modules. */
async function targetsIn(root: string): Promise<readonly Target[]> {
  const isOne = await locateExtension(root).then((found) => found !== undefined, () => true);
  if (isOne) return [{ name: basename(root), path: root, directoryKey: undefined }];
  const found = await subdirectories(root);
  const modules = await bareModules(root);
  return [
    ...found.map(({ name, path }) => ({ name, path, directoryKey: `${name}/` })),
    ...modules.map((name) => ({ name, path: join(root, name), directoryKey: undefined })),
  ];
}

async function bareModules(root: string): Promise<readonly string[]> {
  const { files } = powers;
  const names = await files.list(root).catch((error) => {
    if (isNotFound(error)) return [];
    throw error;
  });
  const modules = names.filter((name) => name.toLowerCase().endsWith(MODULE_ENDING)).sort();
  const kinds = await Promise.all(modules.map((name) => files.lstat(join(root, name))));
  return modules.filter((_, at) => kinds[at]?.kind === "file");
}

function isUnstable(flag: string): boolean {
  return flag.startsWith("--unstable-");
}

async function engineReasons(
  host: ExtensionHost,
  { engine, isolation, manifest, module }: ExtensionDescription,
  name: string,
  notes: string[],
): Promise<readonly PermissionReason[]> {
  const runtime = host.runtimes.list().find((each) =>
    each.name === engine && isolationOf(each) === isolation
  );
  if (!runtime || !manifest) {
    notes.push(`${name} cannot be loaded: airlock check tells why`);
    return [];
  }
  const needed = await runtime.permissions?.(module?.files ?? []) ?? [];
  if (needed.some((flag) => !isUnstable(flag) && readFlag(flag).kind === "run")) {
    notes.push(RUN_NOTE);
  }
  return needed.map((flag) => ({ flag, reason: `${isolation} of ${name}` }));
}

const unlistedNote = (name: string) =>
  `${name} has no list of what it asks for: airlock inspect --describe tells what it asks for when it runs`;

const startsNote = (name: string) =>
  `${name} starts programs: each of them has every right of this user, whatever the flags say`;

const RUN_NOTE =
  "who may start Deno's own executable may do everything its user may: the host's other limits then bind the extensions, not the host";

function grantReasons(
  { capabilities }: ExtensionHost,
  { asks, digest, manifest }: ExtensionDescription,
  { name, directoryKey }: Target,
  { load, storageRoot, hostname = DEFAULT_HOSTNAME, port = DEFAULT_PORT }: HostPermissionOptions,
  notes: string[],
): readonly PermissionReason[] {
  const storage = storageDirectory(storageRoot === undefined ? undefined : resolve(storageRoot), {
    directoryKey,
    digest,
  });
  const listen = addressOf(hostname, port);
  const grants = load?.grants;
  const reasons: PermissionReason[] = [];
  for (const ask of asks) {
    const found = capabilities.get(ask.name);
    if (found?.mode !== "gated" || checkAsks([ask], capabilities).length > 0) continue;
    const { capability } = found;
    let grant: unknown;
    if (grants === undefined) {
      const parsed = capability.parse(ask.args);
      if (!parsed.ok) continue;
      grant = parsed.grant;
      if (capability.needsArguments && Object.keys(ask.args).length === 0) {
        notes.push(`${name} asks for ${capability.name} without saying what: --grant narrows it`);
      }
    } else {
      const bound = boundOf(ask, manifest?.name ?? name, grants, capabilities);
      if (!bound) continue;
      grant = bound.grant;
    }
    for (const flag of capability.denoPermissions?.(grant, storage, listen) ?? []) {
      if (readFlag(flag).kind === "run") notes.push(startsNote(name));
      reasons.push({ flag, reason: `${capability.name} of ${name}` });
    }
  }
  return reasons;
}

function boundOf(
  ask: CapabilityAsk | DescribedAsk,
  extension: string,
  granted: NonNullable<LoadOptions["grants"]>,
  registry: ExtensionHost["capabilities"],
): BoundGrant | undefined {
  const { name, args, reason } = ask;
  const asks = [{ name, args, reason, optional: true }];
  try {
    const { bound } = resolveGrants({ extension, asks, granted, registry });
    return bound.find((each) => each.name === name);
  } catch (error) {
    // a grant that says nothing about an ask that says nothing
    if (error instanceof CapabilityError) return undefined;
    throw error;
  }
}
