/** Finds an extension for inspection: whole, or as much of it as a broken manifest still tells. @module */

import { basename, dirname } from "@std/path";
import { isNotFound } from "../capabilities/powers.ts";
import { type Issue, ManifestError } from "../manifest/errors.ts";
import { isObject } from "../manifest/freeze.ts";
import type { Json, Manifest } from "../manifest/manifest.ts";
import { inspectManifest } from "../manifest/parse.ts";
import { Fault } from "./errors.ts";
import { type LoadTarget, locate, type LocateOptions, type Package } from "./locate.ts";
import { readFromDirectory } from "./source.ts";

/** A package as an inspection sees it. */
export interface Survey {
  /** The path or name it was read from. */
  readonly source: string;
  /** `undefined` when nothing of the manifest can be used. */
  readonly pkg: Package | undefined;
  /** What is wrong with the manifest. */
  readonly issues: readonly Issue[];
  /** Whether that keeps it from loading. */
  readonly broken: boolean;
  /** Path of the manifest's file. */
  readonly manifestFile: string | undefined;
  /** The manifest's text, for the places of later findings. */
  readonly text: string | undefined;
  /** Whether a key of `pkg.manifest` is the author's: a broken one stands for nothing. */
  has(key: string): boolean;
}

/**
 * Locates `target` without giving up at a bad manifest.
 *
 * @throws {ManifestError} `no-manifest`.
 * @throws {Fault} `unsupported` for something that is no extension.
 */
export async function survey(target: LoadTarget, options: LocateOptions): Promise<Survey> {
  try {
    const pkg = await locate(target, options);
    const { label: source, warnings: issues, manifestFile: path } = pkg;
    const text = path === undefined ? undefined : await readText(path);
    const manifestFile = text === undefined ? undefined : path;
    return { source, pkg, issues, broken: false, manifestFile, text, has: () => true };
  } catch (error) {
    if (!(error instanceof ManifestError) || error.code !== "bad-manifest") throw error;
    return await surveyBroken(error, typeof target === "string");
  }
}

async function surveyBroken(
  { source: file, issues }: ManifestError,
  isFile: boolean,
): Promise<Survey> {
  const text = isFile ? await readText(file) : undefined;
  const directory = isFile ? dirname(file) : undefined;
  const place = { source: directory ?? file, manifestFile: isFile ? file : undefined, text };
  const rest = text === undefined ? undefined : withoutErrors(text, issues);
  if (directory === undefined || rest === undefined) {
    return { ...place, pkg: undefined, issues, broken: true, has: () => false };
  }
  const pkg = {
    label: directory,
    manifest: rest.manifest,
    warnings: [],
    modulePath: rest.manifest.module ?? "",
    readFile: readFromDirectory(directory),
    directory,
  };
  const has = (key: string) => rest.keys.has(key);
  return { ...place, pkg, issues, broken: true, has };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readFromDirectory(dirname(path))(basename(path)));
  } catch (error) {
    // what may not be read does not help: why not is among the issues already
    if (isNotFound(error) || error instanceof Fault) return undefined;
    throw error;
  }
}

/** What every manifest needs, where the author's own is unusable. */
const STAND_IN = { name: "unnamed", runtime: "unknown" };

const PLAIN_KEY = /^\w+$/;

/** The manifest without the keys that have errors; `undefined` when that does not help. */
function withoutErrors(
  text: string,
  issues: readonly Issue[],
): { readonly manifest: Manifest; readonly keys: ReadonlySet<string> } | undefined {
  const value = parsed(text);
  if (!isObject(value)) return undefined;
  const wrong = new Set(
    issues.filter(({ severity }) => severity === "error").map(({ path }) => firstKey(path)),
  );
  const good = Object.entries(value).filter(([key]) => PLAIN_KEY.test(key) && !wrong.has(key));
  const rest = JSON.stringify({ ...STAND_IN, ...Object.fromEntries(good) });
  const { manifest } = inspectManifest(rest);
  return manifest && { manifest, keys: new Set(good.map(([key]) => key)) };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function firstKey(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? "";
}
