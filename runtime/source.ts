/** An extension's files: read once, inside its own directory, verified and digested; never parsed here. @module */

import { join, relative, SEPARATOR } from "@std/path";
import { type FileFacts, isNotFound, powers } from "../capabilities/powers.ts";
import { canonicalManifest } from "../manifest/canonical.ts";
import { ManifestError } from "../manifest/errors.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { Fault } from "./errors.ts";
import { type Hasher, verify } from "./integrity.ts";
import { sha256Of } from "./sha256.ts";

/** Largest file of an extension: one read must not fill the host's memory. */
export const FILE_LIMIT: number = 64 * 1024 * 1024;

/** Where an extension's bytes come from. */
export interface Source {
  /** Path or name, for messages. */
  readonly label: string;
  /** The module file's path inside the extension, with `/` between its parts; empty for none. */
  readonly modulePath: string;
  /** An already compiled module, when that is what was loaded. */
  readonly compiled: WebAssembly.Module | undefined;
  /** Modules that the main one imports from, where it is not alone. */
  readonly linked?: readonly LinkedFile[];
  /**
   * Reads one file inside the extension; the second read of a path gives the same bytes, which
   * the caller must not change.
   *
   * @throws {Fault} `integrity` when the module's bytes are not the expected ones; `unsupported`
   * for a path outside the extension, a link out of it, no regular file, or one over the limit.
   * @throws {ManifestError} `bad-manifest` when the module file does not exist.
   * @throws {Deno.errors.NotFound} when another file does not exist.
   */
  read(path: string): Promise<Uint8Array>;
  /** `sha256-` digest over the manifest and every file read so far, in hexadecimal. */
  digest(): Promise<string>;
  /** Lets go of a file's bytes: nobody will read or digest it again. */
  release?(path: string): void;
}

/** One module beside the main one. */
export interface LinkedFile {
  /** What the others import it from. */
  readonly name: string;
  /** Its path inside the extension. */
  readonly path: string;
  /** The expected hash of its bytes; absent = anything. */
  readonly integrity?: string;
}

/** Reads one file by its checked path. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** What {@linkcode openSource} puts together. */
export interface SourceOptions {
  readonly label: string;
  readonly manifest: Manifest;
  readonly modulePath: string;
  readonly compiled?: WebAssembly.Module;
  readonly linked?: readonly LinkedFile[];
  readonly readFile: ReadFile;
  /** Expected hash of the module file; `undefined` = anything. */
  readonly integrity: string | undefined;
  readonly hasher: Hasher;
}

/** Makes a source that reads, verifies and remembers each file once. */
export function openSource(options: SourceOptions): Source {
  const { label, manifest, modulePath, compiled, linked = [], readFile, integrity, hasher } =
    options;
  // One promise a path: what is digested, verified and compiled are the same bytes.
  const files = new Map<string, Promise<Uint8Array>>();

  async function readOnce(path: string): Promise<Uint8Array> {
    const bytes = await readFile(path).catch((error) => {
      throw path === modulePath && isNotFound(error) ? missingModule(label, path, error) : error;
    });
    if (path === modulePath) await verify(bytes, integrity, hasher);
    const other = linked.find((one) => one.path === path);
    if (other !== undefined) await verify(bytes, other.integrity, hasher);
    return bytes;
  }

  return {
    label,
    modulePath,
    compiled,
    linked,
    read(path) {
      let file = files.get(path);
      if (!file) {
        const reason = unsafePath(path);
        if (reason) return Promise.reject(new Fault("unsupported", reason));
        file = readOnce(path);
        files.set(path, file);
      }
      return file;
    },
    release: (path) => void files.delete(path),
    async digest() {
      const lines = [canonicalManifest(manifest)];
      for (const path of [...files.keys()].sort()) {
        const bytes = await files.get(path)?.catch(() => undefined);
        if (bytes) lines.push(`${path}\0${(await sha256Of(bytes)).toHex()}`);
      }
      const text = new TextEncoder().encode(lines.join("\n"));
      return `sha256-${(await powers.digest("SHA-256", text)).toHex()}`;
    },
  };
}

function missingModule(label: string, path: string, cause: unknown): ManifestError {
  const message = `names a file that does not exist: current value is "${path}"`;
  const issue = { severity: "error", path: "module", message } as const;
  return new ManifestError("bad-manifest", label, [issue], { cause });
}

/** Why `path` may not be read inside an extension, or `undefined` when it may. */
function unsafePath(path: string): string | undefined {
  const outside = path.includes("\0") || path.includes("\\") || /^[a-z]:/i.test(path) ||
    path.split("/").some((part) => part === "" || part === "." || part === "..");
  return outside ? `the file "${path}" is not a path inside the extension` : undefined;
}

/** Whether `path` lies below `root`; both are canonical. */
export function isInside(root: string, path: string): boolean {
  const inside = relative(root, path);
  return inside !== "" && inside !== ".." && !inside.startsWith(`..${SEPARATOR}`);
}

/** Where a file really is, and what it is there. */
export interface RealFile {
  readonly real: string;
  /** Whether that is below the root. */
  readonly inside: boolean;
  readonly facts: FileFacts;
}

/** Looks up `path` below `realRoot`, which is canonical: a file that is no link is where it seems to be. */
export async function realFile(realRoot: string, path: string): Promise<RealFile> {
  const seeming = join(realRoot, path);
  if (!path.includes("/")) {
    const facts = await powers.files.lstat(seeming);
    if (facts.kind === "file") return { real: seeming, inside: true, facts };
  }
  const real = await powers.files.realPath(seeming);
  return { real, inside: isInside(realRoot, real), facts: await powers.files.lstat(real) };
}

/**
 * Reads files under `root`; a link is followed only to a place inside it. `realRoot` is where the root
 * really is, if that is known: files then come from there, whatever becomes of `root`.
 */
export function readFromDirectory(root: string, realRoot?: string): ReadFile {
  return async (path) => {
    const { real, inside, facts: expected } = await realFile(
      realRoot ?? await powers.files.realPath(root),
      path,
    );
    if (!inside) {
      throw new Fault("unsupported", `the file "${path}" is a link out of the extension`);
    }
    // Asked before opening: opening a FIFO would wait for its other end.
    if (expected.kind !== "file") {
      throw new Fault("unsupported", `"${path}" is no regular file`);
    }
    const { bytes, facts } = await powers.files.read(real, FILE_LIMIT, expected);
    if (facts.identity !== expected.identity) {
      throw new Fault("integrity", `the file "${path}" was swapped while it was read`);
    }
    if (!bytes) {
      throw new Fault("unsupported", `the file "${path}" is larger than ${FILE_LIMIT} bytes`);
    }
    return bytes;
  };
}
