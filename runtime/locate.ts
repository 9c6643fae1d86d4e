/** From what was asked to be loaded to a manifest and a way to read its files. @module */

import { basename, dirname, extname, fromFileUrl, join } from "@std/path";
import { isNotFound, powers } from "../capabilities/powers.ts";
import { ManifestError } from "../manifest/errors.ts";
import type { Issue } from "../manifest/errors.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { inspectManifest } from "../manifest/parse.ts";
import { inspectPulpManifest, PULP_MANIFEST_FILES } from "../manifest/pulp.ts";
import { Fault } from "./errors.ts";
import { download, request } from "./download.ts";
import {
  type ExtismManifestObject,
  locateExtismObject,
  locateExtismText,
} from "./locate_extism.ts";
import {
  FILE_LIMIT,
  type LinkedFile,
  type ReadFile,
  readFromDirectory,
  realFile,
} from "./source.ts";

/** The manifest of a directory. */
const MANIFEST_FILE = "extension.json";

/** How manifests of other hosts are named. */
const MANIFEST_ENDING = ".json";

/** Largest manifest that is read; the parser has its own, lower limit and says so. */
const MANIFEST_READ_LIMIT = 4 * 1024 * 1024;

/** Bytes of a module that never was a file: its name's ending tells what it is. */
export interface NamedBytes {
  /** A file name: `notes.wasm`, `notes.js`, `notes.ts`. */
  readonly name: string;
  /** The module; a string stands for its UTF-8 bytes. */
  readonly bytes: Uint8Array | string;
}

/** A whole extension that never was a directory. */
export interface NamedFiles {
  /** The manifest, as JSON text or as a value. */
  readonly manifest: string | { readonly [key: string]: unknown };
  /** Its files by path; a string stands for its UTF-8 bytes. */
  readonly files?: { readonly [path: string]: Uint8Array | string };
}

/** What `ExtensionHost.load` takes. */
export type LoadTarget =
  | ExtismManifestObject
  | string
  | URL
  | Response
  | WebAssembly.Module
  | NamedBytes
  | NamedFiles;

/** A manifest, and the files it speaks of. */
export interface Package {
  /** Path or name, for messages. */
  readonly label: string;
  readonly manifest: Manifest;
  /** Warnings about the manifest. */
  readonly warnings: readonly Issue[];
  readonly modulePath: string;
  readonly compiled?: WebAssembly.Module;
  /** Modules beside the main one. */
  readonly linked?: readonly LinkedFile[];
  readonly readFile: ReadFile;
  /** The directory, where there is one. */
  readonly directory?: string;
  /** Path of the manifest's file, where there is one. */
  readonly manifestFile?: string;
}

/** What the caller knows about a bare module. */
export interface LocateOptions {
  /** The engine for a module without a manifest. */
  readonly runtime?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Engine of a bare module, by the ending of its name. */
const ENGINE_BY_ENDING: { readonly [ending: string]: string } = {
  ".wasm": "wasm",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".ts": "js",
  ".mts": "js",
};

/**
 * Finds out what `target` is.
 *
 * @throws {ManifestError} `no-manifest` or `bad-manifest`.
 * @throws {Fault} `unsupported` for something that is no extension.
 */
export function locate(target: LoadTarget, options: LocateOptions): Promise<Package> {
  if (typeof target === "string") return locatePath(target, options);
  if (target instanceof URL) return locateUrl(target, options);
  if (target instanceof Response) return locateResponse(target, options);
  if (target instanceof WebAssembly.Module) {
    return Promise.resolve(bare("module.wasm", options, { compiled: target }));
  }
  if (isExtism(target)) return locateExtism(target, options);
  if ("manifest" in target) return Promise.resolve(locateFiles(target));
  return Promise.resolve(bare(target.name, options, { bytes: toBytes(target.bytes) }));
}

/** What messages call `target`. */
export function labelOf(target: LoadTarget): string {
  if (typeof target === "string") return target;
  if (target instanceof URL) return target.href;
  if (target instanceof Response) return target.url || "response";
  if (target instanceof WebAssembly.Module) return "module";
  return isExtism(target) || "manifest" in target ? "manifest" : target.name;
}

/** The bytes of a module have no `wasm`, and neither have named files. */
function isExtism(
  target: NamedBytes | NamedFiles | ExtismManifestObject,
): target is ExtismManifestObject {
  return "wasm" in target;
}

function locateExtism(target: ExtismManifestObject, { signal }: LocateOptions): Promise<Package> {
  const source = { label: labelOf(target), readFile: readFromDirectory("."), signal };
  const found = locateExtismObject(target, source);
  if (found) return Promise.resolve(found);
  throw noManifest(source.label, 'is no Extism manifest: it has "wasm" and "runtime"');
}

/** Names of manifests that a directory may have one of. */
const MANIFEST_FILES: readonly string[] = [MANIFEST_FILE, ...PULP_MANIFEST_FILES];

/** The extension in `directory`; `undefined` when it has no manifest. The manifest is read once. */
export async function locateExtension(directory: string): Promise<Package | undefined> {
  const realRoot = await powers.files.realPath(directory).catch(orAbsent);
  if (realRoot === undefined) return undefined;
  const files = await Promise.all(MANIFEST_FILES.map(async (name) => {
    const path = join(directory, name);
    return { path, bytes: await readManifest(realRoot, name, path) };
  }));
  const found = files.flatMap(({ path, bytes }) => bytes === undefined ? [] : [{ path, bytes }]);
  const [first, second] = found;
  if (first === undefined) return undefined;
  if (second !== undefined) {
    const other = basename(second.path);
    throw bad(first.path, `must be the only manifest: there is a ${other} beside it`);
  }
  const { manifest, warnings } = accept(first.bytes, first.path);
  return {
    manifest,
    warnings,
    label: directory,
    directory,
    manifestFile: first.path,
    modulePath: manifest.module ?? "",
    readFile: readFromDirectory(directory, realRoot),
  };
}

/** The bytes of a manifest's file; `undefined` when there is none. */
async function readManifest(
  realRoot: string,
  name: string,
  path: string,
): Promise<Uint8Array | undefined> {
  const found = await realFile(realRoot, name).catch(orAbsent);
  if (found === undefined) return undefined;
  // another extension's manifest has configuration that is none of this one's business
  if (!found.inside) throw bad(path, "is a link out of the extension");
  const read = await powers.files.read(found.real, MANIFEST_READ_LIMIT, found.facts).catch(
    orAbsent,
  );
  if (read === undefined) return undefined;
  if (read.facts.identity !== found.facts.identity) {
    throw bad(path, "was swapped while it was read");
  }
  if (read.bytes) return read.bytes;
  throw bad(path, `is no regular file of at most ${MANIFEST_READ_LIMIT} bytes`);
}

/** What is not there is `undefined`; everything else is a failure. */
function orAbsent(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

function bad(path: string, message: string): ManifestError {
  return new ManifestError("bad-manifest", path, [{ severity: "error", path: "", message }]);
}

/**
 * Reads and checks the manifest of a directory.
 *
 * @throws {ManifestError} `no-manifest` or `bad-manifest`, with every issue.
 *
 * @example
 * ```ts
 * import { loadManifest } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const dir = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${dir}/extension.json`, '{"name":"notes","runtime":"wasm"}');
 * assertEquals((await loadManifest(dir)).name, "notes");
 * await Deno.remove(dir, { recursive: true });
 * ```
 */
export async function loadManifest(directory: string): Promise<Manifest> {
  const found = await locateExtension(directory);
  if (found) return found.manifest;
  throw noManifest(directory, `has no ${MANIFEST_FILES.join(", ")}`);
}

function noManifest(source: string, message: string, cause?: unknown): ManifestError {
  const issue = { severity: "error", path: "", message } as const;
  return new ManifestError("no-manifest", source, [issue], { cause });
}

function accept(
  text: Uint8Array | string,
  label: string,
): { readonly manifest: Manifest; readonly warnings: readonly Issue[] } {
  const isPulp = PULP_MANIFEST_FILES.includes(basename(label));
  const { manifest, issues } = (isPulp ? inspectPulpManifest : inspectManifest)(text, label);
  if (!manifest) throw new ManifestError("bad-manifest", label, issues);
  return { manifest, warnings: issues };
}

async function locatePath(path: string, options: LocateOptions): Promise<Package> {
  let kind: string;
  try {
    kind = (await powers.files.lstat(await powers.files.realPath(path))).kind;
  } catch (error) {
    throw isNotFound(error) ? noManifest(path, "does not exist", error) : error;
  }
  if (kind === "directory") return locateDirectory(path, options);
  if (MANIFEST_FILES.includes(basename(path))) return locateDirectory(dirname(path), options);
  const readFile = readFromDirectory(dirname(path));
  if (extname(path) === MANIFEST_ENDING) {
    const { bytes } = await powers.files.read(path, MANIFEST_READ_LIMIT);
    const found = bytes &&
      locateExtismText(bytes, { label: path, readFile, signal: options.signal });
    if (found) return found;
  }
  return { ...bare(basename(path), options, { readFile }), label: path };
}

async function locateDirectory(directory: string, options: LocateOptions): Promise<Package> {
  const found = await locateExtension(directory);
  if (found) return found;
  const names = await powers.files.list(directory);
  const [only, ...others] = names.filter((name) => name.toLowerCase().endsWith(".wasm"));
  if (only === undefined || others.length > 0) {
    throw noManifest(
      directory,
      `has no ${MANIFEST_FILES.join(", ")}, and not exactly one .wasm file`,
    );
  }
  const readFile = readFromDirectory(directory);
  return { ...bare(only, options, { readFile }), label: directory, directory };
}

function locateUrl(url: URL, options: LocateOptions): Promise<Package> {
  if (url.protocol === "file:") return locatePath(fromFileUrl(url), options);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new Fault("unsupported", `cannot load from "${url.protocol}" URLs`);
  }
  return request(url, options.signal)
    .then((response) => locateResponse(response, options, basename(url.pathname)));
}

async function locateResponse(
  response: Response,
  options: LocateOptions,
  name?: string,
): Promise<Package> {
  const label = response.url || "response";
  const bytes = await download(response, FILE_LIMIT, options.signal);
  if (extname(name ?? label) === MANIFEST_ENDING) {
    const source = { label, readFile: readFrom({}), signal: options.signal };
    const found = locateExtismText(bytes, source);
    if (found) return found;
  }
  const path = response.url === "" ? "" : basename(new URL(response.url).pathname);
  const fallback = extname(path) in ENGINE_BY_ENDING ? path : "module.wasm";
  const named = name !== undefined && extname(name) in ENGINE_BY_ENDING ? name : fallback;
  return { ...bare(named, options, { bytes }), label };
}

function locateFiles({ manifest, files = {} }: NamedFiles): Package {
  const text = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
  const found = accept(text, "manifest");
  return {
    ...found,
    label: found.manifest.name,
    modulePath: found.manifest.module ?? "",
    readFile: readFrom(files),
  };
}

function readFrom(files: { readonly [path: string]: Uint8Array | string }): ReadFile {
  return (path) => {
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (file === undefined) {
      return Promise.reject(new Fault("unsupported", `there is no file "${path}"`));
    }
    return Promise.resolve(toBytes(file));
  };
}

interface BareModule {
  readonly bytes?: Uint8Array;
  readonly readFile?: ReadFile;
  readonly compiled?: WebAssembly.Module;
}

/** A module without a manifest gets one that says only what its name tells. */
function bare(fileName: string, { runtime }: LocateOptions, module: BareModule): Package {
  const ending = extname(fileName);
  const engine = runtime ?? ENGINE_BY_ENDING[ending];
  if (engine === undefined) {
    const endings = Object.keys(ENGINE_BY_ENDING).join(", ");
    throw new Fault("unsupported", `"${fileName}" is none of ${endings}, and no runtime is given`);
  }
  const name = basename(fileName, ending);
  const found = accept(JSON.stringify({ name, runtime: engine, module: fileName }), fileName);
  const { bytes, compiled } = module;
  const readFile = module.readFile ?? readFrom(bytes ? { [fileName]: bytes } : {});
  return {
    ...found,
    label: fileName,
    modulePath: fileName,
    readFile,
    ...(compiled ? { compiled } : {}),
  };
}

function toBytes(value: Uint8Array | string): Uint8Array {
  // a copy: what was digested is what runs, whatever the caller does with its buffer
  return typeof value === "string" ? new TextEncoder().encode(value) : value.slice();
}
