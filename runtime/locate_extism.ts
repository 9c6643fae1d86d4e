/** From an Extism manifest to an extension: its modules from files, from URLs or from the text itself. @module */

import { basename, extname } from "@std/path";
import type { Json } from "../manifest/manifest.ts";
import { type ExtismManifest, readExtismManifest } from "../manifest/extism.ts";
import { download, request } from "./download.ts";
import type { Package } from "./locate.ts";
import { FILE_LIMIT, type LinkedFile, type ReadFile } from "./source.ts";

/** One module of an Extism manifest that is an object of this program. */
export interface ExtismWasm {
  /** The file, in the current directory or below. */
  readonly path?: string;
  /** Where it is fetched from. */
  readonly url?: string;
  /** Its bytes, or the same in base64. */
  readonly data?: Uint8Array | string;
  /** What other modules import it from; default: `main` for the last. */
  readonly name?: string;
  /** SHA-256 of its bytes in hexadecimal. */
  readonly hash?: string;
}

/** An Extism manifest as an object. What it allows itself is asked of the operator. */
export interface ExtismManifestObject {
  /** Its modules. */
  readonly wasm: readonly ExtismWasm[];
  /** Everything else that such a manifest has. */
  readonly [key: string]: unknown;
}

/** Name of an extension whose manifest gives no better one. */
const NAMELESS = "plugin";

/** What a manifest of a file, an answer or an object was read with. */
export interface ExtismSource {
  /** Path or name, for messages. */
  readonly label: string;
  /** Reads the files that it names. */
  readonly readFile: ReadFile;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The extension that an Extism manifest describes; `undefined` when the text is none.
 *
 * @throws {ManifestError} `bad-manifest` with every issue.
 */
export function locateExtismText(
  text: string | Uint8Array,
  source: ExtismSource,
): Package | undefined {
  const stem = basename(source.label, extname(source.label));
  const found = readExtismManifest(text, source.label, stem === "" ? NAMELESS : stem);
  return found && packageOf(found, new Map(), source);
}

/**
 * The same for an object.
 *
 * @throws {ManifestError} `bad-manifest` with every issue.
 * @throws {TypeError} for an object that cannot be written as JSON.
 */
export function locateExtismObject(
  { wasm, ...rest }: ExtismManifestObject,
  source: ExtismSource,
): Package | undefined {
  /** Bytes stay out of the text: a module is larger than a manifest may be. */
  const given = new Map<string, Uint8Array>();
  const items = Array.isArray(wasm)
    ? wasm.map((item: ExtismWasm, at) => {
      if (!(item?.data instanceof Uint8Array)) return item;
      const { data, ...others } = item;
      const path = `module-${at}.wasm`;
      // a copy: what was digested is what runs, whatever the caller does with its buffer
      given.set(path, data.slice());
      return { ...others, path };
    })
    : wasm as Json;
  const text = JSON.stringify({ ...rest, wasm: items });
  const found = readExtismManifest(text, source.label, NAMELESS);
  return found && packageOf(found, given, source);
}

function packageOf(
  { manifest, modules, warnings }: ExtismManifest,
  given: ReadonlyMap<string, Uint8Array>,
  { label, readFile, signal }: ExtismSource,
): Package {
  const main = modules.at(-1);
  const integrity = main?.hash;
  return {
    label,
    manifest: integrity === undefined ? manifest : Object.freeze({ ...manifest, integrity }),
    warnings,
    modulePath: manifest.module ?? "",
    linked: modules.slice(0, -1).map(({ name, path, hash }): LinkedFile => ({
      name,
      path,
      ...hash === undefined ? {} : { integrity: hash },
    })),
    async readFile(path) {
      const module = modules.find((one) => one.path === path);
      const bytes = given.get(path) ?? module?.data;
      if (bytes !== undefined) return bytes;
      if (module?.url === undefined) return await readFile(path);
      return await download(await request(new URL(module.url), signal), FILE_LIMIT, signal);
    },
  };
}
