/** The files of one script extension: which may be reached from which, and as what. Reads each once; runs nothing. @module */

import { Fault } from "../errors.ts";
import type { Source } from "../source.ts";
import {
  isTypeScript,
  kindOf,
  type Reference,
  REFERENCES_LIMIT,
  type Scan,
  scan,
  type ScriptKind,
} from "./classify.ts";
import {
  candidatePaths,
  HOST_SPECIFIER,
  printable,
  quote,
  type ReferenceForm,
  UnresolvedFault,
} from "./resolve.ts";
import type { Stripper } from "./strip.ts";

export { HOST_SPECIFIER, type ScriptKind };

/** One file of guest code or data, ready for a realm. */
export interface ScriptFile {
  /** Path inside the extension, with `/` between its parts. */
  readonly path: string;
  readonly kind: ScriptKind;
  /** The text after types were stripped; lines and columns are those of the file. */
  readonly text: string;
}

/** The files of one extension that its entry can reach. */
export interface ScriptGraph {
  readonly entry: ScriptFile;
  /**
   * The file that `specifier` means in the file at path `referrer`. An ES module imports, with
   * `attributeType` from `with { type: "…" }`; anything else requires.
   *
   * @throws {Fault} `unsupported` for what may not be imported, naming file, line and specifier.
   */
  resolve(referrer: string, specifier: string, attributeType?: string): Promise<ScriptFile>;
  /** The text of a code file that was read. */
  textOf(path: string): string | undefined;
  /** Ends reading: from now on only files that were read are found. Call it before grants are decided. */
  seal(): void;
}

/** Files of one graph: a flood of tiny modules costs more than its text. */
export const GRAPH_FILES = 500;

/** Bytes of one graph's text: it is held in the host while the extension lives. */
export const GRAPH_BYTES: number = 8 * 1024 * 1024;

/** Module of an extension whose manifest names none. */
const DEFAULT_MODULE = "index.js";

/** Files that may be loaded as code. */
const CODE = /\.[mc]?[jt]s$/;

/** How a reference uses a file. */
type LoadAs = "module" | "commonjs" | "json" | "text";

/**
 * Opens the graph of the extension in `source`. Nothing but the entry is read until it is asked for.
 *
 * @throws {Fault} `unsupported` when the entry is missing, is no text, or cannot be stripped.
 */
export async function openGraph(source: Source, stripper: Stripper): Promise<ScriptGraph> {
  const files = new Map<string, Promise<ScriptFile>>();
  /** Code that was read, for finding what a referrer is. */
  const known = new Map<string, ScriptFile>();
  let bytes = 0;
  let sealed = false;

  async function readText(path: string): Promise<string> {
    const data = await source.read(path);
    bytes += data.length;
    if (bytes > GRAPH_BYTES) {
      throw new Fault("unsupported", `its files are larger than ${GRAPH_BYTES} bytes together`);
    }
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(data);
    } catch (cause) {
      throw new Fault("unsupported", `${quote(path)} is not UTF-8 text`, { cause });
    }
  }

  async function readCode(path: string): Promise<ScriptFile> {
    const raw = await readText(path);
    const text = isTypeScript(path) ? await stripper.strip(path, raw) : raw;
    const found = scan(text);
    if (found.references.length > REFERENCES_LIMIT) {
      throw new Fault(
        "unsupported",
        `${quote(path)} imports or requires more than ${REFERENCES_LIMIT} times`,
      );
    }
    const file = { path, kind: kindOf(path, found), text };
    scans.set(file, indexed(found));
    return file;
  }

  async function load(path: string, as: LoadAs, where: string): Promise<ScriptFile> {
    if (as === "json" || as === "text") return { path, kind: as, text: await readText(path) };
    const file = useAs(await readCode(path), as, where);
    known.set(path, file);
    return file;
  }

  /** The file at `path`, read once for each way of using it; `undefined` when there is none. */
  async function fileAt(path: string, as: LoadAs, where: string): Promise<ScriptFile | undefined> {
    const key = fileKey(path, as);
    let loading = files.get(key);
    if (!loading) {
      if (sealed) return undefined;
      if (files.size >= GRAPH_FILES) {
        throw new Fault("unsupported", `it has more than ${GRAPH_FILES} files`);
      }
      loading = load(path, as, where);
      files.set(key, loading);
    }
    try {
      return await loading;
    } catch (error) {
      // A name that was only guessed does not count as a file.
      files.delete(key);
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  const path = source.modulePath === "" ? DEFAULT_MODULE : source.modulePath;
  let entry: ScriptFile;
  try {
    entry = await readCode(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new Fault("unsupported", `there is no module file ${quote(path)}`, { cause: error });
  }
  files.set(fileKey(path, entry.kind), Promise.resolve(entry));
  known.set(path, entry);

  return {
    entry,
    async resolve(referrer, specifier, attributeType) {
      const from = known.get(referrer);
      if (!from) throw new Fault("unsupported", `${quote(referrer)} is not part of the extension`);
      const where = place(from, specifier);
      const form = formOf(from);
      for (const path of candidatePaths(referrer, specifier, form, where)) {
        const file = await fileAt(path, loadAs(path, form, attributeType, where), where);
        if (file) return file;
      }
      throw noFile(where, specifier);
    },
    textOf: (path) => known.get(path)?.text,
    seal() {
      sealed = true;
    },
  };
}

/**
 * Reads every file that literal specifiers reach, breadth first, for engines that load
 * synchronously. Keys are those of {@linkcode fileKey}. What leads nowhere is left out:
 * {@linkcode resolveIn} reports it when it is really followed.
 *
 * @throws {Fault} when a file that exists cannot be used, or the graph is too large.
 */
export async function collectGraph(graph: ScriptGraph): Promise<ReadonlyMap<string, ScriptFile>> {
  const files = new Map<string, ScriptFile>();
  const queue: ScriptFile[] = [];
  const take = (file: ScriptFile) => {
    const key = fileKey(file.path, file.kind);
    if (files.has(key)) return;
    files.set(key, file);
    queue.push(file);
  };
  take(graph.entry);
  for (let next = 0; next < queue.length; next++) {
    const file = queue[next];
    if (!file || isData(file.kind)) continue;
    const form = formOf(file);
    for (const reference of scanOf(file).references) {
      if (reference.form !== form || reference.specifier === HOST_SPECIFIER) continue;
      try {
        take(await graph.resolve(file.path, reference.specifier, reference.attributeType));
      } catch (error) {
        if (!(error instanceof UnresolvedFault)) throw error;
      }
    }
  }
  return files;
}

/**
 * The collected file that `specifier` means in the file at path `referrer`. Without
 * `attributeType` the attribute is the one that the referrer's text gives.
 *
 * @throws {Fault} `unsupported` for what may not be imported or was not collected.
 */
export function resolveIn(
  files: ReadonlyMap<string, ScriptFile>,
  referrer: string,
  specifier: string,
  attributeType?: string,
): ScriptFile {
  const from = files.get(referrer);
  if (!from) throw new Fault("unsupported", `${quote(referrer)} is not part of the extension`);
  const where = place(from, specifier);
  const form = formOf(from);
  const type = attributeType ?? writtenAttribute(from, specifier, where);
  for (const path of candidatePaths(referrer, specifier, form, where)) {
    const as = loadAs(path, form, type, where);
    const file = files.get(fileKey(path, as));
    if (file) return isData(as) ? file : useAs(file, as, where);
  }
  throw noFile(where, specifier);
}

/** The attribute that the text of `from` gives `specifier`, where whoever links does not know it. */
function writtenAttribute(from: ScriptFile, specifier: string, where: string): string | undefined {
  const types = new Set(
    scanOf(from).bySpecifier.get(specifier)?.map(({ attributeType }) => attributeType),
  );
  if (types.size > 1) {
    throw new UnresolvedFault(
      `${where} imports ${quote(specifier)} as code and as data; write one of them as another path`,
    );
  }
  const [type] = types;
  return type;
}

/** What a file is known by in a collected graph: its path, with a mark for what is only data. */
export function fileKey(path: string, kind: ScriptKind): string {
  return isData(kind) ? `${path}#${kind}` : path;
}

function isData(kind: ScriptKind): kind is "json" | "text" {
  return kind === "json" || kind === "text";
}

function formOf(file: ScriptFile): ReferenceForm {
  return file.kind === "module" ? "import" : "require";
}

function loadAs(
  path: string,
  form: ReferenceForm,
  attributeType: string | undefined,
  where: string,
): LoadAs {
  if (form === "require") return path.endsWith(".json") ? "json" : "commonjs";
  if (attributeType === "json" || attributeType === "text") return attributeType;
  if (attributeType !== undefined) {
    throw new UnresolvedFault(
      `${where} imports ${quote(path)} with type ${
        quote(attributeType)
      }, and only "json" and "text" are known`,
    );
  }
  if (CODE.test(path)) return "module";
  const data = path.endsWith(".json") ? "json" : "text";
  throw new UnresolvedFault(
    `${where} imports ${
      quote(path)
    }, which is no code; add \`with { type: "${data}" }\` to import it as data`,
  );
}

/** An imported file is a module, a required one is CommonJS; a file with neither's syntax is both. */
function useAs(file: ScriptFile, as: "module" | "commonjs", where: string): ScriptFile {
  if (file.kind === as) return file;
  if (file.kind === "script") return { ...file, kind: as };
  const problem = as === "module"
    ? "imports it, but it is CommonJS"
    : "requires it, but it is an ES module";
  throw new UnresolvedFault(`${where} ${problem}: ${quote(file.path)}`);
}

function noFile(where: string, specifier: string): Fault {
  return new UnresolvedFault(`${where} asks for ${quote(specifier)}, and there is no such file`);
}

/** What one pass found, and where each specifier is written: a file may have thousands. */
interface Indexed extends Scan {
  readonly bySpecifier: ReadonlyMap<string, readonly Reference[]>;
}

const scans = new WeakMap<ScriptFile, Indexed>();

function scanOf(file: ScriptFile): Indexed {
  let found = scans.get(file);
  if (!found) scans.set(file, found = indexed(scan(file.text)));
  return found;
}

function indexed(found: Scan): Indexed {
  return { ...found, bySpecifier: Map.groupBy(found.references, ({ specifier }) => specifier) };
}

/** `index.js:3` for messages, where the specifier is written in the file as it is. */
function place(file: ScriptFile, specifier: string): string {
  const line = scanOf(file).bySpecifier.get(specifier)?.[0]?.line;
  return line === undefined ? printable(file.path) : `${printable(file.path)}:${line}`;
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && error.name === "NotFound";
}
