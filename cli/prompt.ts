/** Asks the person at the terminal about a capability, in words that no extension can forge. @module */

import {
  type CapabilityRegistry,
  type CapabilityRequest,
  type GrantOptions,
  parseGrantFlags,
  type RequestDecision,
  type RequestHandler,
} from "../mod.ts";
import type { Io } from "./io.ts";
import { type Paint, paintFor } from "./paint.ts";

/** Columns of untrusted text on a line: a terminal that wraps it would begin a line with it. */
const COLUMNS = 60;
/** Longest name, version or path that is shown. */
const NAME_LIMIT = 120;
/** Longest reason that is shown: it must not scroll the question's head away. */
const REASON_LIMIT = 300;
/** Longest arguments that are asked about: what is granted has to be seen whole. */
const GRANT_LIMIT = 1_200;
/** Nobody reads and answers in this time: a line that is there already was typed for something else. */
const TYPED_AHEAD_MS = 150;
/** Answers that are none, before silence is taken for no. */
const ATTEMPTS = 3;

/**
 * The handler that asks on standard error and reads a line of standard input; `undefined` where one of
 * them is no terminal: then nobody is asked.
 *
 * @param io Streams; those of a process are `processIo()`.
 * @param registry What the host offers: it reads what an operator grants in words of his own.
 *
 * @example
 * ```ts
 * import { processIo, promptFor } from "@airlock/host/cli";
 * import { CapabilityRegistry, ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const capabilities = new CapabilityRegistry();
 * const onRequest = promptFor(processIo(), capabilities);
 * await using host = new ExtensionHost({ capabilities, ...onRequest && { onRequest } });
 * const silent = { ...processIo(), errIsTerminal: false };
 * assertEquals(promptFor(silent, capabilities), undefined);
 * ```
 */
export function promptFor(io: Io, registry: CapabilityRegistry): RequestHandler | undefined {
  const { readLine } = io;
  if (!io.errIsTerminal || !readLine) return undefined;
  return async (request) => {
    if (request.grant.length > GRANT_LIMIT) {
      io.err(`${headOf(request, paintFor(io, "err"))}  asks for more than can be shown: refused\n`);
      return "no";
    }
    io.err(questionOf(request, paintFor(io, "err")));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      io.err(choicesOf(request));
      const line = await typedLine(io, readLine, request.signal);
      if (line === undefined) break;
      const decision = decisionOf(line, request, registry);
      if (typeof decision !== "string" || decision !== "unclear") return decision;
      io.err("That is none of the answers\n");
    }
    io.err("\nTaken for no\n");
    return "no";
  };
}

/** A line typed after the question was shown; `undefined` when there is none or nobody waits for it. */
async function typedLine(
  io: Io,
  readLine: () => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<string | undefined> {
  while (!signal.aborted) {
    const shown = performance.now();
    const line = await readLine();
    if (line === undefined || signal.aborted) return undefined;
    if (performance.now() - shown >= TYPED_AHEAD_MS) return line.trim();
    io.err("\n(ignored what was typed before the question) ");
  }
  return undefined;
}

function decisionOf(
  line: string,
  { capability, needsArguments, rememberable }: CapabilityRequest,
  registry: CapabilityRegistry,
): RequestDecision | "unclear" {
  const word = line.toLowerCase();
  if (word === "n" || word === "no") return "no";
  if (needsArguments) return grantOf(line, capability, registry) ?? "unclear";
  if (word === "y" || word === "yes") return "once";
  if (rememberable && (word === "a" || word === "always")) return "always";
  if (rememberable && word === "never") return "never";
  return "unclear";
}

/** Arguments as `--grant CAPABILITY=` takes them. */
function grantOf(
  text: string,
  capability: string,
  registry: CapabilityRegistry,
): RequestDecision | undefined {
  if (text === "") return undefined;
  let grants: GrantOptions;
  try {
    grants = parseGrantFlags([`${capability}=${text}`], registry);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  const args = grants === "all" ? undefined : grants[capability];
  return typeof args === "object" ? { args, remember: false } : undefined;
}

function headOf({ extension, version, source, digest }: CapabilityRequest, paint: Paint): string {
  return `\n${paint.strong("airlock: an extension asks for something that is not granted")}
  extension   "${plain(extension, NAME_LIMIT)}" ${plain(version, NAME_LIMIT)}
  from        ${plain(source, NAME_LIMIT)}
  digest      ${plain(digest, NAME_LIMIT)}
`;
}

function questionOf(request: CapabilityRequest, paint: Paint): string {
  const { capability, summary, grant, optional, reason, needsArguments } = request;
  const what = needsArguments ? "whatever you grant; it does not say what" : grant;
  const lines = [
    `  capability  ${paint.strong(plain(capability, NAME_LIMIT))}: ${plain(summary, NAME_LIMIT)}`,
    ...labelled("asks for", wrapped(plain(what, GRANT_LIMIT))),
    ...optional ? ["  optional    it can do without"] : [],
    ...reason === ""
      ? []
      : labelled("it says", wrapped(readable(reason)).map((text) => `| ${text}`)),
  ];
  return `${headOf(request, paint)}${lines.join("\n")}\n`;
}

function choicesOf({ capability, needsArguments, rememberable }: CapabilityRequest): string {
  if (needsArguments) return `Grant what? n for nothing, or what follows ${capability}= : `;
  return rememberable
    ? "Allow it? y (yes, this time) / n (no) / always / never (for exactly these files): "
    : "Allow it? y (yes, this time) / n (no): ";
}

/** The label on the first line, and room for it on the others. */
function labelled(label: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, at) => `  ${(at === 0 ? label : "").padEnd(12)}${line}`);
}

/** A stranger's name in printable ASCII: a letter that looks like another one is told apart. */
function plain(text: string, limit: number): string {
  return clipped(text, limit).replace(/[^\x20-\x7e]/gu, codePoint).replace(/ {2,}/g, " ");
}

/** A stranger's sentence in any script, without what moves, hides or overprints. */
function readable(text: string): string {
  return clipped(text, REASON_LIMIT)
    .replace(/\p{M}{3,}|[\p{C}\p{Zl}\p{Zp}]/gu, codePoint)
    .replace(/\p{Zs}+/gu, " ");
}

function codePoint(mark: string): string {
  return `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`;
}

function clipped(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}...` : text;
}

/** Lines of at most {@linkcode COLUMNS}; what is not ASCII may be two columns wide. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let columns = 0;
  for (const char of text) {
    const width = char > "\x7e" ? 2 : 1;
    if (columns + width > COLUMNS) {
      lines.push(line);
      line = "";
      columns = 0;
    }
    line += char;
    columns += width;
  }
  return [...lines, line];
}
