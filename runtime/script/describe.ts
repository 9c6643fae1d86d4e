/** Describes a script extension by the text of its files: which there are and what they lack. Runs nothing. @module */

import type { DescribeRequest, ModuleDescription, ModuleIssue } from "../contract.ts";
import { Fault } from "../errors.ts";
import { isTypeScript, scan } from "./classify.ts";
import {
  collectGraph,
  HOST_SPECIFIER,
  openGraph,
  type ScriptFile,
  type ScriptGraph,
} from "./graph.ts";
import { openStripper } from "./strip.ts";

/**
 * The description that every engine for scripts gives.
 *
 * @throws {Fault} `unsupported` when a file cannot be read or its types not be stripped; `integrity`.
 */
export async function describeScript(
  { manifest, source }: DescribeRequest,
): Promise<ModuleDescription> {
  const stripper = openStripper();
  try {
    const graph = await openGraph(source, stripper);
    const files = [...(await collectGraph(graph)).values()];
    const issues: ModuleIssue[] = [];
    for (const file of files) issues.push(...await unresolved(graph, file));
    issues.push(...unmentioned(manifest.exports, files));
    return {
      evidence: [evidenceOf(graph.entry)],
      imports: usesHost(files) ? [HOST_SPECIFIER] : [],
      exports: [],
      files: files.map(({ path }) => path),
      issues,
    };
  } finally {
    stripper.close();
  }
}

const EVIDENCE: { readonly [kind in ScriptFile["kind"]]: string } = {
  module: "is an ES module",
  commonjs: "is CommonJS: it uses module.exports, exports or require",
  script: "is a script: it has neither module syntax nor CommonJS",
  json: "is JSON",
  text: "is text",
};

function evidenceOf({ path, kind }: ScriptFile): string {
  return `${path} ${EVIDENCE[kind]}${isTypeScript(path) ? ", in TypeScript" : ""}`;
}

function isCode({ kind }: ScriptFile): boolean {
  return kind !== "json" && kind !== "text";
}

function usesHost(files: readonly ScriptFile[]): boolean {
  return files.some((file) =>
    isCode(file) && scan(file.text).references.some(({ specifier }) => specifier === HOST_SPECIFIER)
  );
}

/** Imports that lead nowhere, each with its line. */
async function unresolved(graph: ScriptGraph, file: ScriptFile): Promise<readonly ModuleIssue[]> {
  if (!isCode(file)) return [];
  const form = file.kind === "module" ? "import" : "require";
  const issues: ModuleIssue[] = [];
  for (const reference of scan(file.text).references) {
    if (reference.form !== form || reference.specifier === HOST_SPECIFIER) continue;
    try {
      await graph.resolve(file.path, reference.specifier, reference.attributeType);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== "unsupported") throw error;
      const { message } = error;
      // a require may stand where it is never reached, or where its failure is expected
      const severity = form === "import" ? "error" : "warning";
      issues.push({ severity, path: "", message, file: file.path, line: reference.line });
    }
  }
  return issues;
}

/** Declared functions whose names stand in no file. Only a warning: a name can be put together. */
function unmentioned(
  exports: readonly string[],
  files: readonly ScriptFile[],
): readonly ModuleIssue[] {
  const words = new Set(files.filter(isCode).flatMap(({ text }) => text.match(WORD) ?? []));
  return exports.flatMap((name, at) =>
    words.has(name) || !WHOLE_WORD.test(name) ? [] : [
      {
        severity: "warning",
        path: `exports[${at}]`,
        message: `declares a function that no file mentions: current value is "${name}"`,
        file: "",
      } as const,
    ]
  );
}

const WORD = /[\p{ID_Continue}$]+/gu;
const WHOLE_WORD = /^[\p{ID_Continue}$]+$/u;
