/** Finds out whether a worker may be given permissions here: where not, asking ends the process. @module */

/** Files that may hold the program's settings, in the order Deno looks for them. */
const CONFIG_NAMES = ["deno.json", "deno.jsonc"];

/** Flags that allow the option. */
const ALLOWING = ["--unstable-worker-options"];

const FEATURE = "worker-options";

/** What a worker's entry imports from, beside its own folder. */
const ENTRY_FOLDERS = ["..", "../../capabilities", "../../manifest"];

const REMEDY =
  `workers cannot be confined here: add "unstable": ["worker-options"] to the program's deno.json, ` +
  `start Deno with --unstable-worker-options, or set workerOptions: true where one of them is so`;

let found: Promise<boolean> | undefined;

/** What is missing, with its remedy; empty when workers can be confined. `known` overrides. */
export async function workerOptionsMissing(known?: boolean): Promise<readonly string[]> {
  const allowed = known ?? await (found ??= findOut());
  return allowed ? [] : [REMEDY];
}

/**
 * Why a worker's `entry` could not be loaded; empty when it can. A worker is loaded with the rights
 * of the host, which needs none for modules that come from the network.
 */
export async function entryMissing(entry: URL): Promise<readonly string[]> {
  if (entry.protocol !== "file:") return [];
  for (const folder of ENTRY_FOLDERS) {
    const path = fileOf(new URL(folder, entry));
    const { state } = await Deno.permissions.query({ name: "read", path });
    if (state !== "granted") {
      return [
        `workers cannot be loaded here: allow reading this package with --allow-read=${path}`,
      ];
    }
  }
  return [];
}

/** Nothing visible to a program tells: the command line does, or the settings it was started with. */
async function findOut(): Promise<boolean> {
  const args = await commandLine();
  if (args?.some((arg) => ALLOWING.includes(arg))) return true;
  if (args?.includes("--no-config")) return false;
  const named = args && namedConfig(args);
  if (named !== undefined) return await allows(named) ?? false;
  for (const path of configPaths()) {
    const allowed = await allows(path);
    if (allowed !== undefined) return allowed;
  }
  return false;
}

/** Deno's own arguments; `undefined` where they cannot be read. */
async function commandLine(): Promise<readonly string[] | undefined> {
  const text = await readText("/proc/self/cmdline");
  if (text === undefined) return undefined;
  const args = text.split("\0").slice(1, -1);
  // The program's own arguments come last and say nothing about Deno.
  return args.slice(0, args.length - Deno.args.length);
}

function namedConfig(args: readonly string[]): string | undefined {
  for (const [at, arg] of args.entries()) {
    if (arg === "--config" || arg === "-c") return args[at + 1];
    if (arg.startsWith("--config=")) return arg.slice("--config=".length);
  }
}

/** Settings beside the main module or above it, the nearest first. */
function* configPaths(): Generator<string> {
  let url: URL;
  try {
    url = new URL(Deno.mainModule);
  } catch {
    return;
  }
  if (url.protocol !== "file:") return;
  for (let folder = new URL(".", url);; folder = new URL("..", folder)) {
    for (const name of CONFIG_NAMES) yield fileOf(new URL(name, folder));
    if (folder.pathname === "/" || /^\/[A-Za-z]:\/$/.test(folder.pathname)) return;
  }
}

function fileOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

/** Whether the settings at `path` allow it; `undefined` when there are none. */
async function allows(path: string): Promise<boolean | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    const { unstable } = JSON.parse(withoutComments(text)) as { readonly unstable?: unknown };
    return Array.isArray(unstable) && unstable.includes(FEATURE);
  } catch {
    return false;
  }
}

/** Comments and trailing commas, which JSON.parse does not take, removed outside of strings. */
function withoutComments(text: string): string {
  const plain = text.replace(
    /"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[^]*?\*\//g,
    (match) => match.startsWith('"') ? match : "",
  );
  return plain.replace(
    /"(?:\\.|[^"\\])*"|,(?=\s*[}\]])/g,
    (match) => match.startsWith('"') ? match : "",
  );
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const { state } = await Deno.permissions.query({ name: "read", path });
    return state === "granted" ? await Deno.readTextFile(path) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Deno flags that loading a worker's `entry` needs, with what it imports from `folders` beside it: none
 * for modules that come from the network.
 */
export function entryPermissions(
  entry: URL,
  folders: readonly string[] = ENTRY_FOLDERS,
): readonly string[] {
  if (entry.protocol !== "file:") return [];
  return [`--allow-read=${folders.map((folder) => fileOf(new URL(folder, entry))).join(",")}`];
}

/** Deno flags that confining workers needs. */
export const WORKER_FLAGS: readonly string[] = ALLOWING;
