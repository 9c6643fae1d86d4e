/** Parses URLs for realms that have no parser of their own: text in, text out. @module */

/** Longest text that is parsed: parsing runs outside the guest's own limits. */
const URL_LIMIT = 64 * 1024;

const PARTS = [
  "href",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
  "origin",
] as const;

/**
 * Answers `ask("url", "", {input, base?})` and `ask("url-set", part, {href, value})` of the prelude
 * with `=` and the parts as JSON, or `!` for what is no URL.
 */
export function answerUrl(what: "url" | "url-set", head: string, body: string): string {
  try {
    if (body.length > URL_LIMIT) return "!";
    const given = JSON.parse(body) as Readonly<Record<string, unknown>>;
    const url = what === "url"
      ? new URL(String(given.input), given.base === undefined ? undefined : String(given.base))
      : changed(String(given.href), head, String(given.value));
    return `=${JSON.stringify(Object.fromEntries(PARTS.map((part) => [part, url[part]])))}`;
  } catch {
    return "!";
  }
}

function changed(href: string, name: string, value: string): URL {
  const url = new URL(href);
  const part = PARTS.find((one) => one === name);
  if (part !== undefined && part !== "origin") url[part] = value;
  return url;
}
