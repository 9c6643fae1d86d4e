/** Turns a specifier of guest code into paths inside its extension, or refuses it. Never touches files. @module */

import { Fault } from "../errors.ts";

/** The one specifier that is not a file: the realm answers it with the `airlock` object. */
export const HOST_SPECIFIER = "airlock:host";

/** How a file is asked for: each form has its own rules for names. */
export type ReferenceForm = "import" | "require";

/** Longest specifier: one must not fill messages and logs. */
const SPECIFIER_LIMIT = 1024;

/** Characters that mean something to a file system or a URL, or that hide what is meant. */
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\x00-\x1f\x7f\\%?#:]/;

/** Endings that a CommonJS loader takes as they are. */
const REQUIRE_EXACT = /\.(?:js|cjs|json)$/;

/** What a CommonJS loader tries after a name without a known ending. */
const REQUIRE_GUESSES = [".js", ".cjs", ".json", "/index.js"] as const;

/** A reference that leads to no file: reported only when the guest really follows it. */
export class UnresolvedFault extends Fault {
  constructor(detail: string, options?: ErrorOptions) {
    super("unsupported", detail, options);
  }
}

/** Untrusted text for a message: clipped, nothing invisible left in it. */
export function printable(text: string): string {
  const clipped = text.length > 200 ? `${text.slice(0, 199)}…` : text;
  return clipped.replace(/\p{C}/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same between quotation marks. */
export function quote(text: string): string {
  return `"${printable(text.replaceAll('"', '\\"'))}"`;
}

/**
 * Paths that `specifier` may mean in `referrer`, in the order to try them; `where` names the place
 * in messages. An import means one exact file; `require` also guesses endings, as CommonJS does.
 *
 * @throws {Fault} `unsupported` for whatever is not a relative path inside the extension.
 */
export function candidatePaths(
  referrer: string,
  specifier: string,
  form: ReferenceForm,
  where: string,
): readonly string[] {
  const path = resolvePath(referrer, specifier, where);
  if (form === "import") return [path];
  const directory = /(?:^|\/)\.{0,2}$/.test(specifier);
  if (directory) return [path === "" ? "index.js" : `${path}/index.js`];
  if (REQUIRE_EXACT.test(path)) return [path];
  return REQUIRE_GUESSES.map((ending) => path + ending);
}

/** Joins `specifier` to the directory of `referrer` without ever leaving the extension. */
function resolvePath(referrer: string, specifier: string, where: string): string {
  const refuse = (why: string): never => {
    throw new UnresolvedFault(`${where} asks for ${quote(specifier)}, ${why}`);
  };
  const onlyRelative =
    `and only relative paths inside the extension and "${HOST_SPECIFIER}" can be imported`;
  if (specifier.length > SPECIFIER_LIMIT) {
    refuse(`which is longer than ${SPECIFIER_LIMIT} characters`);
  }
  if (!/^\.\.?(?:\/|$)/.test(specifier)) refuse(onlyRelative);
  if (FORBIDDEN.test(specifier) || !specifier.isWellFormed()) {
    refuse(
      "and a path has no backslash, colon, percent sign, query, fragment or control character",
    );
  }
  const parts = referrer.split("/").slice(0, -1);
  const steps = specifier.split("/");
  for (const [at, step] of steps.entries()) {
    if (step === "." || (step === "" && at === steps.length - 1)) continue;
    if (step === "") refuse("and a path has no empty part");
    if (step !== "..") parts.push(step);
    else if (parts.pop() === undefined) refuse("which is outside the extension");
  }
  return parts.join("/");
}
