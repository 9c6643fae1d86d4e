/** Checks the types of an extension's TypeScript, with the names that its realm has and no others. @module */

import config from "../deno.json" with { type: "json" };
import type { ExtensionDescription, ModuleIssue } from "../mod.ts";

/** Milliseconds of one check: types can be made to compute for ever. */
const CHECK_MS = 60_000;

/** Findings that are told of one extension. */
const FINDINGS = 100;

const GUEST_FILE: string = import.meta.resolve("../runtime/guest/mod.ts");

/**
 * What the guest's own modules import types from, and what stands for `airlock:host`. The compiler
 * takes no types of a package of the registry by the address of its file.
 */
const GUEST_MODULE: string = GUEST_FILE.includes(`/${config.name}/${config.version}/`)
  ? `jsr:${config.name}@${config.version}/guest`
  : GUEST_FILE;

/** Files whose author wrote types. */
const TYPED = /\.m?ts$/;

/** One finding of the compiler: `TS2322 [ERROR]: message`, source lines, `at file:///…:4:65`. */
const FINDING =
  /^(TS\d+) \[ERROR\]: (.*)$(?:\n(?!TS\d+ \[ERROR\]).*)*?\n {4}at (\S+):(\d+):(\d+)$/gm;

/**
 * Issues of types; empty where there are none to check, or this process may not start the compiler.
 * The compiler runs nothing, and takes nothing from the network but this package.
 */
export async function checkTypes(
  { issues, engine, directory, module }: ExtensionDescription,
  signal: AbortSignal | undefined,
): Promise<readonly ModuleIssue[]> {
  const [entry] = module?.files ?? [];
  const isScript = engine === "js" || engine === "quickjs";
  if (!isScript || directory === undefined || entry === undefined || !TYPED.test(entry)) return [];
  // The compiler follows imports by its own rules: not before they are known to keep to ours.
  if (issues.some(({ severity }) => severity === "error") || !await mayCompile()) return [];
  const root = await Deno.realPath(directory);
  const { success, text } = await compile(`${root}/${entry}`, signal);
  const findings = [...text.matchAll(FINDING)].slice(0, FINDINGS);
  if (!success && findings.length === 0) return [unchecked(text)];
  return findings.map((found) => {
    const [, code = "", message = "", url = "", line = "", column = ""] = found;
    return {
      severity: "error",
      path: "",
      message: `${message} (${code})`,
      file: fileIn(root, url),
      line: Number(line),
      column: Number(column),
    };
  });
}

async function mayCompile(): Promise<boolean> {
  if (Deno.build.os === "windows" || Deno.build.standalone) return false;
  const { state } = await Deno.permissions.query({ name: "run", command: Deno.execPath() });
  return state === "granted";
}

/** The compiler itself failed, or took too long: silence would pass for a clean bill. */
function unchecked(text: string): ModuleIssue {
  const why = /^error: (.*)$/m.exec(text)?.[1] ?? "the compiler ended";
  return {
    severity: "warning",
    path: "",
    message: `its types could not be checked: ${why}`,
    file: "",
  };
}

/** What the compiler says about a file. Its settings come through a pipe: nothing is written. */
async function compile(
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly success: boolean; readonly text: string }> {
  const limit = AbortSignal.timeout(CHECK_MS);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "check",
      "--quiet",
      "--no-lock",
      "--no-npm",
      // The extension's own types come from nowhere else.
      ...GUEST_FILE.startsWith("file:")
        ? ["--no-remote"]
        : [`--allow-import=${new URL(GUEST_FILE).host}`],
      "--config",
      "/dev/stdin",
      path,
    ],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(settings()))).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stderr } = await child.output();
  signal?.throwIfAborted();
  return { success, text: new TextDecoder().decode(stderr) };
}

function settings(): unknown {
  return {
    compilerOptions: {
      lib: ["esnext"],
      strict: true,
      // What is stripped must be erasable, and a type must say that it is one.
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      types: [`data:application/typescript,${encodeURIComponent(globals())}`],
    },
    imports: { "airlock:host": GUEST_MODULE, "@airlock/host/guest": GUEST_MODULE },
  };
}

/** Names of the guest's world, each with its type. */
export const GUEST_GLOBALS: readonly string[] = [
  "airlock",
  "atob",
  "btoa",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "performance",
  "queueMicrotask",
  "setInterval",
  "setTimeout",
  "structuredClone",
  "TextDecoder",
  "TextEncoder",
  "URL",
  "URLSearchParams",
];

/** Those that are also names of types. */
const CLASSES: { readonly [name: string]: string } = {
  TextDecoder: "GuestTextDecoder",
  TextEncoder: "GuestTextEncoder",
  URL: "GuestUrl",
  URLSearchParams: "GuestUrlSearchParams",
};

function globals(): string {
  const guest = `import(${JSON.stringify(GUEST_MODULE)})`;
  const lines = GUEST_GLOBALS.map((name) => `const ${name}: ${guest}.GuestGlobals["${name}"];`);
  const types = Object.entries(CLASSES).map(([name, type]) => `type ${name} = ${guest}.${type};`);
  return `export {};\ndeclare global {\n${[...lines, ...types].join("\n")}\n}\n`;
}

/** The file's path inside the extension; empty when it is not there. */
function fileIn(root: string, url: string): string {
  const base = new URL(`file://${root.split("/").map(encodeURIComponent).join("/")}/`).href;
  return url.startsWith(base) ? decodeURIComponent(url.slice(base.length)) : "";
}
