/** A JSR registry on loopback that holds this package as publishing would leave it, and the stand-ins. @module */

import { walk } from "@std/fs";
import { fromFileUrl, globToRegExp, join, relative, SEPARATOR } from "@std/path";
import { importsOf } from "../../tools/import_lines.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Files by path below the package, with `/` and a leading one: `/mod.ts`. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>;

/** What of deno.json matters to a registry. */
export interface PackageConfig {
  readonly name: string;
  readonly version: string;
  readonly exports: { readonly [entry: string]: string };
  readonly imports: { readonly [name: string]: string };
  readonly publish: { readonly include: readonly string[]; readonly exclude: readonly string[] };
}

/** Reads deno.json. */
export async function readConfig(): Promise<PackageConfig> {
  return JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
}

/** The files that deno.json publishes, with bare specifiers rewritten. */
export async function packageFiles(config: PackageConfig): Promise<PackageFiles> {
  const { include, exclude } = config.publish;
  const left = exclude.map((glob) => globToRegExp(glob));
  const files = new Map<string, Uint8Array>();
  for await (const [path, bytes] of filesBelow(ROOT, include)) {
    if (left.some((pattern) => pattern.test(path))) continue;
    const isModule = /\.[jt]s$/.test(path);
    files.set(`/${path}`, isModule ? rewrite(bytes, path, config) : bytes);
  }
  return files;
}

/** Every file of the allow-list: a name that ends with a slash is a whole directory. */
async function* filesBelow(
  root: string,
  include: readonly string[],
): AsyncIterable<readonly [string, Uint8Array]> {
  for (const name of include) {
    if (!name.endsWith("/")) {
      yield [name, await Deno.readFile(join(root, name))];
      continue;
    }
    for await (const entry of walk(join(root, name), { includeDirs: false })) {
      const path = relative(root, entry.path).replaceAll(SEPARATOR, "/");
      yield [path, await Deno.readFile(entry.path)];
    }
  }
}

/** Puts `jsr:` and `npm:` specifiers in the place of the names that only deno.json knows. */
function rewrite(bytes: Uint8Array, path: string, { imports }: PackageConfig): Uint8Array {
  let text = new TextDecoder().decode(bytes);
  for (const { specifier } of importsOf(text)) {
    if (/^(?:\.|node:|jsr:|npm:)/.test(specifier)) continue;
    const name = Object.keys(imports)
      .find((known) => specifier === known || specifier.startsWith(`${known}/`));
    if (name === undefined) throw new Error(`${path} imports "${specifier}", not in deno.json`);
    const full = `${imports[name]}${specifier.slice(name.length)}`;
    text = text.replaceAll(`from "${specifier}"`, `from "${full}"`)
      .replaceAll(`import "${specifier}"`, `import "${full}"`)
      .replaceAll(`import("${specifier}")`, `import("${full}")`);
  }
  return new TextEncoder().encode(text);
}

/** The stand-ins, as one package of the registry each. */
async function standIns(): Promise<ReadonlyMap<string, PackageFiles>> {
  const root = join(ROOT, "offline/jsr/@std");
  const packages = new Map<string, PackageFiles>();
  for await (const { name } of Deno.readDir(root)) {
    const bytes = await Deno.readFile(join(root, name, "1.999.0/mod.ts"));
    packages.set(name, new Map([["/mod.ts", bytes]]));
  }
  return packages;
}

/** Everything the registry answers, by URL path. */
export async function registryFiles(config: PackageConfig): Promise<PackageFiles> {
  const all = new Map<string, Uint8Array>();
  const { name, version, exports } = config;
  await addPackage(all, name, version, exports, await packageFiles(config));
  for (const [name, files] of await standIns()) {
    await addPackage(all, `@std/${name}`, "1.999.0", { ".": "./mod.ts" }, files);
  }
  return all;
}

async function addPackage(
  all: Map<string, Uint8Array>,
  fullName: string,
  version: string,
  exports: { readonly [entry: string]: string },
  files: PackageFiles,
): Promise<void> {
  const [scope, name] = fullName.slice(1).split("/");
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const [path, bytes] of files) {
    const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
    const checksum = `sha256-${new Uint8Array(hash).toHex()}`;
    manifest[path] = { size: bytes.length, checksum };
    all.set(`/${fullName}/${version}${path}`, bytes);
  }
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const versions = { [version]: {} };
  all.set(`/${fullName}/meta.json`, json({ scope, name, latest: version, versions }));
  all.set(`/${fullName}/${version}_meta.json`, json({ manifest, exports }));
}

/** A registry that answers until it is disposed. */
export interface Registry extends AsyncDisposable {
  /** The value for `JSR_URL`. */
  readonly url: string;
  /** Paths that were asked for and not there. */
  readonly missed: readonly string[];
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".json": "application/json",
};

/** Serves `files` on a free port of this machine. */
export function serveRegistry(files: PackageFiles): Registry {
  const missed: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const bytes = files.get(pathname);
    if (!bytes) missed.push(pathname);
    const ending = pathname.slice(pathname.lastIndexOf("."));
    const type = CONTENT_TYPES[ending] ?? "text/typescript";
    return bytes
      ? new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { "content-type": type } })
      : new Response(null, { status: 404 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    missed,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
