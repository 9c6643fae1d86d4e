/** `fs`: files in a directory of the extension's own, and in granted places outside. @module */

import { join } from "@std/path";
import type { Json, JsonObject } from "../../manifest/manifest.ts";
import { ArgumentReader, smallerOf } from "../arguments.ts";
import {
  type Capability,
  defineCapability,
  type HostValue,
  type Operation,
  type OperationArgs,
  type OperationContext,
} from "../capability.ts";
import { CapabilityError } from "../errors.ts";
import { fsPreopens, type Mount, readMount } from "../fs_preopens.ts";
import { containsPath, formatPath, type PlainPath, resolvePath } from "../path_resolve.ts";
import type { Powers } from "../powers.ts";
import { closeTrees, type OpenTrees, openTrees, preopenOperations } from "../preopen_operations.ts";
import { StorageFiles } from "../storage_files.ts";
import {
  coversPath,
  type Place,
  type StorageGrant,
  type StorageMode,
  StorageWalker,
} from "../storage_place.ts";
import { type StorageCaps, StorageUsage } from "../storage_usage.ts";

/** Where an extension may go, and how much it may keep. */
type FsGrant = StorageGrant & StorageCaps & { readonly mounts: readonly Mount[] };

/** What one extension has open. */
interface FsState {
  readonly files: StorageFiles;
  readonly walker: StorageWalker;
  /** The same directories, for WASI programs. */
  readonly trees: OpenTrees;
}

/** Caps of a grant that names none: a disk filled with bytes, or with names. */
const DEFAULT_CAPS: StorageCaps = Object.freeze({ bytes: 64 * 1024 * 1024, files: 10_000 });

const OWN_ROOT: PlainPath = Object.freeze({ absolute: false, parts: Object.freeze([]) });
const MODES: readonly StorageMode[] = ["read", "write"];
/** Links are followed while they stay inside of what is granted, or not at all. */
const LINKS: readonly string[] = ["inside", "refuse"];

function checkPath(text: string): string | undefined {
  const resolved = resolvePath(text);
  return resolved.ok ? undefined : `must be a plain path: ${resolved.why}`;
}

function pathsOf(texts: readonly string[] | undefined): readonly PlainPath[] {
  return (texts ?? []).flatMap((text) => {
    const resolved = resolvePath(text);
    return resolved.ok ? [resolved.path] : [];
  });
}

function mountsOf(texts: readonly string[] | undefined): readonly Mount[] {
  return (texts ?? []).map(readMount).filter((mount) => typeof mount !== "string");
}

/** What is granted to read and write; where neither is said, all of the extension's own. */
function grantedPaths(
  read: readonly string[] | undefined,
  write: readonly string[] | undefined,
): StorageGrant {
  if (!read && !write) return { read: [OWN_ROOT], write: [OWN_ROOT] };
  return { read: pathsOf(read), write: pathsOf(write) };
}

function pathsIn(args: JsonObject): StorageGrant {
  const listOf = (name: string) => args[name] as readonly string[] | undefined;
  return grantedPaths(listOf("read"), listOf("write"));
}

/** Of each two paths of which one is in the other, the inner one. */
function commonPaths(
  asked: readonly PlainPath[],
  granted: readonly PlainPath[],
): readonly string[] {
  const both = asked.flatMap((a) =>
    granted.flatMap((b) => containsPath(a, b) ? [b] : containsPath(b, a) ? [a] : [])
  );
  return [...new Set(both.map(formatPath))];
}

function bytesOf(value: HostValue): Uint8Array {
  if (typeof value === "string") return new TextEncoder().encode(value);
  // a copy: it is written later
  if (value instanceof Uint8Array) return value.slice();
  throw new TypeError("Cannot write a file as its content must be bytes or text");
}

function textOf(value: HostValue): string {
  if (typeof value === "string") return value;
  throw new TypeError("Cannot use a file as its path must be text");
}

type FsContext = OperationContext<FsGrant, FsState>;

/** An operation on one path. */
function operation(
  mode: StorageMode,
  params: readonly string[],
  run: (place: Place, context: FsContext, args: OperationArgs) => Promise<HostValue>,
): Operation<FsGrant, FsState> {
  return {
    params,
    outside({ path }, grant) {
      const resolved = resolvePath(textOf(path));
      // no grant covers a path that is not plain; the operation says what is wrong with it
      if (!resolved.ok || coversPath(grant, mode, resolved.path)) return undefined;
      return { [mode]: [formatPath(resolved.path)] };
    },
    // not async: a context's signal is looked at before anything waits
    call(args, context) {
      const written = textOf(args["path"]);
      const resolved = resolvePath(written);
      if (!resolved.ok) throw refused(context.extension.name, resolved.why);
      return run(context.state.walker.place(resolved.path, mode), context, args);
    },
  };
}

function refused(extension: string, why: string): CapabilityError {
  return new CapabilityError("denied", { extension, capability: "fs", grant: "" }, {
    reason: `Cannot use a path in extension "${extension}": ${why}`,
  });
}

/** Reads and writes with the power over all files. */
export function fsCapability(
  { storage: power, tree }: Pick<Powers, "storage" | "tree">,
): Capability<FsGrant, FsState> {
  return defineCapability<FsGrant, FsState>({
    name: "fs",
    aliases: ["storage.fs"],
    summary: "keep files of its own, and use granted ones",
    // on a command line a path alone is only read
    listArgument: "read",
    parse(args) {
      const reader = new ArgumentReader(args);
      const read = reader.strings("read", checkPath);
      const write = reader.strings("write", checkPath);
      const links = reader.oneOf("links", LINKS);
      return reader.result<FsGrant>({
        ...grantedPaths(read, write),
        followsLinks: links !== "refuse",
        mounts: mountsOf(
          reader.strings("mounts", (text) => {
            const mount = readMount(text);
            return typeof mount === "string" ? mount : undefined;
          }),
        ),
        bytes: reader.positiveInteger("bytes") ?? DEFAULT_CAPS.bytes,
        files: reader.positiveInteger("files") ?? DEFAULT_CAPS.files,
      });
    },
    intersect(asked, granted) {
      const [ask, grant] = [pathsIn(asked), pathsIn(granted)];
      const paths: Record<string, Json> = {};
      for (const mode of MODES) {
        const common = commonPaths(ask[mode], grant[mode]);
        if (common.length > 0) paths[mode] = common;
      }
      if (Object.keys(paths).length === 0) return undefined;
      // names of paths are the extension's own affair, unless the operator has others
      const mounts = granted["mounts"] ?? asked["mounts"];
      return {
        ...paths,
        ...mounts === undefined ? {} : { mounts },
        ...smallerOf("bytes", asked, granted),
        ...smallerOf("files", asked, granted),
        ...[asked["links"], granted["links"]].includes("refuse") ? { links: "refuse" } : {},
      };
    },
    operations: {
      /** The file's bytes, or `null` when nothing is there. */
      read: operation("read", ["path"], (place, { state }) => state.files.read(place)),
      /** Makes bytes or text the whole content of the file, and the directories above it. */
      write: operation("write", ["path", "bytes"], async (place, context, { bytes }) => {
        await context.state.files.write(place, bytesOf(bytes), context.signal);
        return undefined;
      }),
      /** Removes a file or an empty directory; answers whether there was one. */
      delete: operation(
        "write",
        ["path"],
        (place, { state, signal }) => state.files.delete(place, signal),
      ),
      /** `[{ name, kind }]` of a directory, sorted, or `null` when nothing is there. */
      list: operation("read", ["path"], async (place, { state }) => {
        const entries = await state.files.list(place);
        return entries && entries.map(({ name, kind }) => ({ name, kind }));
      }),
      /** `{ kind, size, mtime }`, or `null` when nothing is there. */
      stat: operation("read", ["path"], async (place, { state }) => {
        const facts = await state.files.stat(place);
        return facts && { ...facts };
      }),
      ...preopenOperations<FsGrant, FsState>(({ trees }) => trees),
    },
    denoPermissions(grant, storage) {
      const hostPaths = (paths: readonly PlainPath[]) =>
        paths.flatMap((path) =>
          path.absolute ? [formatPath(path)] : storage ? [join(storage)] : []
        );
      const flags = (name: string, paths: readonly string[]) =>
        paths.length === 0 ? [] : [`--allow-${name}=${[...new Set(paths)].join(",")}`];
      // a file that is written is also looked at
      const all = [...grant.read, ...grant.write];
      return [...flags("read", hostPaths(all)), ...flags("write", hostPaths(grant.write))];
    },
    setup({ extension: { name: extension }, grant, services: { storage: directory } }) {
      const walker = new StorageWalker(
        grant,
        directory,
        power,
        (path, why) => refused(extension, `"${formatPath(path)}": ${why}`),
      );
      const over = (why: string) =>
        new CapabilityError("quota", { extension, capability: "fs", grant: "" }, {
          reason: `Cannot use files for extension "${extension}": ${why}`,
        });
      const usage = new StorageUsage(grant);
      return {
        walker,
        files: new StorageFiles({ walker, power, usage, directory, over }),
        trees: openTrees(() => fsPreopens({ grant, directory, power: tree, over })),
      };
    },
    teardown: ({ trees }) => closeTrees(trees),
  });
}
