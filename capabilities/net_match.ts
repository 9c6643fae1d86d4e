/** Which host and port a grant of the network covers: pure, on canonical names. @module */

import { canonicalAddress, isLoopback, isSpecialAddress } from "./ip_address.ts";

/** Ports that a grant without one covers: those of the two schemes. */
const DEFAULT_PORTS: readonly number[] = [80, 443];
const MAX_PORT = 65_535;
/** Longest name that DNS knows. */
const MAX_NAME = 253;

/** One entry of `hosts`. */
export interface HostPattern {
  /** A canonical name or address, `*.` and a canonical name, or `*`. */
  readonly host: string;
  /** One port, those of http and https, or any. */
  readonly port: number | "default" | "any";
}

/** Where a request goes. */
export interface NetTarget {
  /** Canonical: lower case, punycode, no trailing dot; an address without brackets. */
  readonly host: string;
  readonly port: number;
}

const PATTERN = /^(\[[^\]]+\]|[^:[\]]+)(?::(\*|[0-9]{1,5}))?$/;
/** What a URL parser would take for another part of a URL, decode or drop. */
const NOT_IN_HOSTS = /[\s/?#@\\%]/;
const NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

/** Reads `host`, `host:port`, `host:*`, `*.domain` or `*`; `undefined` when it is none of them. */
export function parseHostPattern(text: string): HostPattern | undefined {
  const [, host, port] = PATTERN.exec(text) ?? [];
  if (host === undefined || NOT_IN_HOSTS.test(host)) return undefined;
  const number = Number(port);
  if (port !== undefined && port !== "*" && !(number >= 1 && number <= MAX_PORT)) return undefined;
  const ports = port === undefined ? "default" : port === "*" ? "any" : number;
  if (host === "*") return { host, port: port === undefined ? "any" : ports };
  if (!host.startsWith("*.")) {
    const canonical = canonicalHost(host);
    return canonical === undefined ? undefined : { host: canonical, port: ports };
  }
  const domain = canonicalHost(host.slice(2));
  if (domain === undefined || canonicalAddress(domain) !== undefined) return undefined;
  return { host: `*.${domain}`, port: ports };
}

/** Writes a pattern as {@linkcode parseHostPattern} reads it. */
export function formatHostPattern({ host, port }: HostPattern): string {
  if (port === "any") return host === "*" ? host : `${bracketed(host)}:*`;
  return port === "default" ? bracketed(host) : `${bracketed(host)}:${port}`;
}

/**
 * Makes `url` canonical in place, and tells where it goes.
 *
 * @throws {TypeError} when it is not http or https, carries a user or password, or its host is not one.
 */
export function targetOf(url: URL): NetTarget {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(
      `Cannot fetch a URL as only http: and https: are possible: current scheme is "${url.protocol}"`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("Cannot fetch a URL as it must not carry a user or a password");
  }
  const host = canonicalHost(url.hostname);
  if (host === undefined) throw new TypeError("Cannot fetch a URL as its host is not a valid one");
  // what is sent is what was checked
  url.hostname = bracketed(host);
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return { host, port };
}

/** `HOST:PORT` as a grant names it. */
export function formatTarget({ host, port }: NetTarget): string {
  return `${bracketed(host)}:${port}`;
}

/** Whether `target` is covered. Special hosts are covered only by their own name. */
export function coversTarget(patterns: readonly HostPattern[], target: NetTarget): boolean {
  return patterns.some(({ host, port }) =>
    coversPort(port, target.port) && (host === target.host || coversHost(host, target.host))
  );
}

/**
 * Whether a covered `target` may be reached at `address`, which is what its name resolved to. A name is
 * no grant of this machine or its network: such an address has to be granted itself.
 */
export function mayReach(
  patterns: readonly HostPattern[],
  target: NetTarget,
  address: string,
): boolean {
  const canonical = canonicalAddress(address);
  if (canonical === undefined) return false;
  if (!isSpecialAddress(canonical)) return true;
  if (isLocalName(target.host) && isLoopback(canonical)) return true;
  return coversTarget(patterns, { host: canonical, port: target.port });
}

/** What both `a` and `b` cover, as one pattern; `undefined` for nothing. */
export function meetOf(a: HostPattern, b: HostPattern): HostPattern | undefined {
  const port = meetPorts(a.port, b.port);
  if (port === undefined) return undefined;
  const host = a.host === b.host || coversHost(a.host, b.host)
    ? b.host
    : coversHost(b.host, a.host)
    ? a.host
    : undefined;
  return host === undefined ? undefined : { host, port };
}

/** Whether a name means this machine, whatever resolves it. */
export function isLocalName(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}

/** Names that lead into this machine or to a cloud's secrets. */
const SPECIAL_NAMES: ReadonlySet<string> = new Set([
  "localhost.localdomain",
  "ip6-localhost",
  "ip6-loopback",
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "instance-data",
]);

/** Whether only a grant of this very host covers it. */
function isSpecialHost(host: string): boolean {
  const address = canonicalAddress(host);
  if (address !== undefined) return isSpecialAddress(address);
  return isLocalName(host) || SPECIAL_NAMES.has(host);
}

/** Whether the wildcard `wide` covers the host or wildcard `narrow`. */
function coversHost(wide: string, narrow: string): boolean {
  if (isSpecialHost(narrow)) return false;
  if (wide === "*") return true;
  return wide.startsWith("*.") && narrow.endsWith(wide.slice(1)) &&
    canonicalAddress(narrow) === undefined;
}

function coversPort(granted: HostPattern["port"], port: number): boolean {
  return granted === "any" || granted === port ||
    (granted === "default" && DEFAULT_PORTS.includes(port));
}

function meetPorts(
  a: HostPattern["port"],
  b: HostPattern["port"],
): HostPattern["port"] | undefined {
  if (a === b || b === "any") return a;
  if (a === "any") return b;
  if (typeof a === "number") return b === "default" && coversPort(b, a) ? a : undefined;
  return typeof b === "number" && coversPort(a, b) ? b : undefined;
}

/** As a URL's parser reads it, then without its trailing dot; `undefined` when no such host can exist. */
function canonicalHost(text: string): string | undefined {
  const hostname = URL.parse(`http://${text}/`)?.hostname;
  if (hostname === undefined || hostname === "") return undefined;
  if (hostname.startsWith("[")) return canonicalAddress(hostname.slice(1, -1));
  const name = hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
  return name.length <= MAX_NAME && NAME.test(name) ? name : undefined;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
