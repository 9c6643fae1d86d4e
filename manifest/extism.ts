/**
 * The manifest of an Extism plugin, which loads here as what it asks for: hosts, paths, time and
 * memory that it allows itself there are asked of the operator here.
 *
 * @see https://extism.org/docs/concepts/manifest
 * @module
 */

import { type Issue, ManifestError } from "./errors.ts";
import { Field } from "./extism_fields.ts";
import { type Finding, toIssue } from "./finding.ts";
import { isObject, own } from "./freeze.ts";
import { readJson } from "./json_text.ts";
import { locate } from "./locate.ts";
import type { Json, JsonObject, Manifest } from "./manifest.ts";
import { inspectManifest } from "./parse.ts";

/** One module of a plugin, and where its bytes are: in exactly one of three places. */
export interface ExtismModule {
  /** What the others import it from; `main` for the one whose functions are called. */
  readonly name: string;
  /** Its file's path inside the extension; bytes from elsewhere are kept under a name of ours. */
  readonly path: string;
  /** Where its bytes are fetched from. */
  readonly url: string | undefined;
  /** Its bytes themselves. */
  readonly data: Uint8Array | undefined;
  /** SHA-256 of its bytes in hexadecimal. */
  readonly hash: string | undefined;
}

/** What an Extism manifest says. */
export interface ExtismManifest {
  /** The same as a manifest of this host: what it allows itself became asks and limits. */
  readonly manifest: Manifest;
  /** Its modules, the main one last. */
  readonly modules: readonly ExtismModule[];
  readonly warnings: readonly Issue[];
}

const MAIN = "main";
const PAGE_BYTES = 65_536;
/** Most modules of one plugin: each is compiled, and all live together. */
const MODULE_LIMIT = 64;
const ENDING = /(?:\.wasm)?$/i;
/** The name of a file that has none. */
const OUR_NAME = /^module-\d+$/;
const HASH = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;
const READ_ONLY = "ro:";

/** Whether a JSON value has the form of an Extism manifest. */
function isExtismManifest(value: Json | undefined): boolean {
  return isObject(value) && own(value, "wasm") !== undefined && own(value, "runtime") === undefined;
}

/**
 * Reads the text of an Extism manifest.
 *
 * @param name What the extension is called where its main module has no better name.
 * @returns `undefined` for text that has another form.
 * @throws {ManifestError} `bad-manifest` with every issue.
 */
export function readExtismManifest(
  text: string | Uint8Array,
  source: string,
  name: string,
): ExtismManifest | undefined {
  const json = readJson(text);
  if (!isExtismManifest(json.value)) return undefined;
  const findings: Finding[] = [];
  const root = new Field(json.value, [], findings);
  const named = modulesOf(root);
  const raw = manifestOf(root, name, named);
  const modules = named.map((one) => one === named.at(-1) ? { ...one, name: MAIN } : one);
  const ownLimits = ownLimitsOf(root.at("memory"));
  const placed = [...json.found, ...locate(json.text, findings)];
  const issues = placed.map(({ finding, position }) => toIssue(finding, position));
  if (issues.some(({ severity }) => severity === "error")) {
    throw new ManifestError("bad-manifest", source, issues);
  }
  const { manifest, issues: others } = inspectManifest(JSON.stringify(raw), source);
  if (manifest === undefined) throw new ManifestError("bad-manifest", source, others);
  const limits = Object.freeze({ ...manifest.limits, ...ownLimits });
  return { manifest: Object.freeze({ ...manifest, limits }), modules, warnings: issues };
}

function modulesOf(root: Field): readonly ExtismModule[] {
  const items = root.at("wasm").list() ?? [];
  if (items.length === 0) root.at("wasm").wrong("must list at least one module");
  if (items.length > MODULE_LIMIT) {
    root.at("wasm").wrong(`must list at most ${MODULE_LIMIT} modules`);
  }
  const seen = new Set<string>();
  const modules = items.slice(0, MODULE_LIMIT).flatMap((item, at) => {
    const module = moduleOf(item, at, at === items.length - 1);
    if (module === undefined) return [];
    if (seen.has(module.name)) item.wrong(`is the second module of the name "${module.name}"`);
    seen.add(module.name);
    return [module];
  });
  const main = modules.find(({ name }) => name === MAIN) ?? modules.at(-1);
  if (main === undefined) return [];
  return [...modules.filter((one) => one !== main), main];
}

function moduleOf(item: Field, at: number, last: boolean): ExtismModule | undefined {
  if (!isObject(item.value)) return item.wrong("must be an object");
  item.only("path", "url", "data", "name", "hash", "headers", "method");
  for (const key of ["headers", "method"]) {
    if (item.at(key).given) item.at(key).wrong("is not supported: a module is fetched with GET");
  }
  const hash = item.at("hash").text();
  if (hash !== undefined && !HASH.test(hash)) {
    item.at("hash").wrong("must be a SHA-256 hash in hexadecimal");
  }
  const places = ["path", "url", "data"].filter((key) => item.at(key).given);
  if (places.length !== 1) return item.wrong('must have one of "path", "url" and "data"');
  const url = item.at("url").text();
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
    item.at("url").wrong("must be an http: or https: URL");
  }
  return {
    name: item.at("name").text() ?? (last ? MAIN : hash ?? String(at)),
    path: plain(item.at("path").text()) ?? `module-${at}.wasm`,
    url,
    data: dataOf(item.at("data")),
    hash,
  };
}

/** `./a.wasm` is `a.wasm`; what leaves the directory stays as it is, and is refused. */
function plain(path: string | undefined): string | undefined {
  return path?.split("/").filter((part) => part !== ".").join("/");
}

function dataOf(field: Field): Uint8Array | undefined {
  const text = field.text();
  if (text === undefined) return undefined;
  if (!BASE64.test(text)) return field.wrong("must be bytes in base64");
  try {
    return Uint8Array.fromBase64(text);
  } catch (error) {
    if (error instanceof SyntaxError) return field.wrong("must be bytes in base64");
    throw error;
  }
}

/** The same in this host's own form. */
function manifestOf(root: Field, name: string, modules: readonly ExtismModule[]): JsonObject {
  root.only(
    ...["wasm", "memory", "config", "allowed_hosts", "allowedHosts"],
    ...["allowed_paths", "allowedPaths", "timeout_ms", "timeoutMs"],
  );
  const memory = root.at("memory");
  memory.only(
    ...["max_pages", "maxPages", "max_http_response_bytes", "maxHttpResponseBytes"],
    ...["max_var_bytes", "maxVarBytes"],
  );
  const pages = memory.any("max_pages", "maxPages").positiveInteger();
  const timeoutMs = root.any("timeout_ms", "timeoutMs").positiveInteger();
  const main = modules.at(-1);
  const file = main?.path.split("/").at(-1)?.replace(ENDING, "") ?? "";
  const title = main === undefined || main.name === MAIN ? file : main.name;
  return {
    name: title === "" || OUR_NAME.test(title) ? name : title,
    runtime: "wasm",
    abi: "extism",
    module: main?.path ?? "",
    capabilities: [...hostsAsk(root), ...pathsAsk(root)],
    limits: {
      ...pages === undefined ? {} : { memoryBytes: pages * PAGE_BYTES },
      ...timeoutMs === undefined ? {} : { timeoutMs },
    },
    config: configOf(root.at("config")),
  };
}

/** Limits that only an Extism manifest can name. */
function ownLimitsOf(memory: Field): Pick<Manifest["limits"], "varBytes" | "responseBytes"> {
  const varBytes = memory.any("max_var_bytes", "maxVarBytes").positiveInteger();
  const responseBytes = memory.any("max_http_response_bytes", "maxHttpResponseBytes")
    .positiveInteger();
  return {
    ...varBytes === undefined ? {} : { varBytes },
    ...responseBytes === undefined ? {} : { responseBytes },
  };
}

function configOf(field: Field): JsonObject {
  const entries = Object.keys(field.object() ?? {}).flatMap((key) => {
    const value = field.at(key).text();
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

/** Hosts are named without a port there, and mean every port. A lone wildcard asks for what is granted. */
function hostsAsk(root: Field): readonly JsonObject[] {
  const hosts = (root.any("allowed_hosts", "allowedHosts").list() ?? []).flatMap((item) => {
    const host = item.text();
    if (host === undefined) return [];
    if (host !== "*" && /[?[\]{}!]|.\*/.test(host.replace(/^\[[0-9a-f:.]+\]/i, ""))) {
      item.wrong('must be a host as in "api.example.com" or "*.example.com"');
      return [];
    }
    return [host];
  });
  if (hosts.length === 0) return [];
  if (hosts.includes("*")) return [{ name: "net" }];
  return [{ name: "net", hosts: hosts.map((host) => /:\d+$/.test(host) ? host : `${host}:*`) }];
}

/**
 * `allowed_paths` goes from host to guest, with "ro:" for what is only read; `allowedPaths` the other
 * way. Both are asks: the plugin finds under its own names what its operator grants of them.
 */
function pathsAsk(root: Field): readonly JsonObject[] {
  const field = root.any("allowed_paths", "allowedPaths");
  const members = Object.keys(field.object() ?? {});
  const fromHost = field.path.at(-1) === "allowed_paths";
  const paths = members.flatMap((key) => {
    const value = field.at(key).text();
    if (value === undefined) return [];
    const [host, guest] = fromHost ? [key, value] : [value, key];
    const write = !host.startsWith(READ_ONLY);
    return [{ path: write ? host : host.slice(READ_ONLY.length), guest, write }];
  });
  if (paths.length === 0) return [];
  const write = paths.filter((one) => one.write).map(({ path }) => path);
  return [{
    name: "fs",
    read: paths.map(({ path }) => path),
    ...write.length === 0 ? {} : { write },
    mounts: paths.map(({ path, guest }) => `${guest}=${path}`),
    optional: true,
  }];
}
