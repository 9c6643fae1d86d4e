/** `net`: HTTP requests to the granted hosts. @module */

import { ArgumentReader, commonOf, EVERYTHING } from "../arguments.ts";
import { type Capability, defineCapability, type OperationArgs } from "../capability.ts";
import { CapabilityError } from "../errors.ts";
import type { Json, JsonObject } from "../../manifest/manifest.ts";
import { canonicalAddress } from "../ip_address.ts";
import { BytesInFlight } from "../net_body.ts";
import { exchange } from "../net_exchange.ts";
import {
  formatHostPattern,
  formatTarget,
  type HostPattern,
  isLocalName,
  meetOf,
  type NetTarget,
  parseHostPattern,
  targetOf,
} from "../net_match.ts";
import { canonicalMethod, parseNetRequest } from "../net_request.ts";
import { covers, type NetGrant, NetRoute } from "../net_route.ts";
import { formatGrantOf } from "../parse_grant.ts";
import type { Powers } from "../powers.ts";

/** What one extension has open. */
interface NetState {
  readonly route: NetRoute;
  readonly inFlight: BytesInFlight;
}

const ANYWHERE: HostPattern = Object.freeze({ host: EVERYTHING, port: "any" });

function checkHost(text: string): string | undefined {
  if (parseHostPattern(text)) return undefined;
  return 'must be a host as in "api.example.com", "10.0.0.1:8080", "[::1]:80", "*.example.com" or "example.com:*"';
}

/** In an ask the wildcard would turn a grant of what was asked into one of everything. */
function checkAskedHost(text: string): string | undefined {
  if (parseHostPattern(text)?.host !== EVERYTHING) return checkHost(text);
  return "must name hosts: only an operator can write a lone wildcard; leave it out to ask for what is granted";
}

function checkMethod(text: string): string | undefined {
  if (text === EVERYTHING || canonicalMethod(text) !== undefined) return undefined;
  return "must be an HTTP method, and not one for proxies";
}

function parse(args: JsonObject, from: "ask" | "grant" = "grant") {
  const reader = new ArgumentReader(args);
  const hosts = reader.strings("hosts", from === "ask" ? checkAskedHost : checkHost);
  const methods = reader.strings("methods", checkMethod);
  return reader.result<NetGrant>({
    hosts: hosts?.flatMap((text) => parseHostPattern(text) ?? []) ?? [ANYWHERE],
    methods: !methods || methods.includes(EVERYTHING)
      ? undefined
      : new Set(methods.map((method) => method.toUpperCase())),
  });
}

function listOf(args: JsonObject, name: string): readonly string[] | undefined {
  return args[name] as readonly string[] | undefined;
}

/** What both cover, host by host. */
function commonHosts(
  asked: readonly string[] | undefined,
  granted: readonly string[] | undefined,
): readonly string[] | undefined {
  if (!asked || !granted) return asked ?? granted;
  const wanted = asked.flatMap((text) => parseHostPattern(text) ?? []);
  const allowed = granted.flatMap((text) => parseHostPattern(text) ?? []);
  const both = wanted.flatMap((a) => allowed.flatMap((b) => meetOf(a, b) ?? []));
  return [...new Set(both.map(formatHostPattern))];
}

function upper(methods: readonly string[] | undefined): readonly string[] | undefined {
  return methods?.map((method) => method.toUpperCase());
}

/** Fetches with the power to fetch anything. */
export function netCapability(
  power: Pick<Powers, "fetch" | "net">,
): Capability<NetGrant, NetState> {
  /** Arguments of a grant that would cover a request. */
  const needed = ({ methods }: NetGrant, target: NetTarget, method: string): JsonObject => ({
    hosts: [formatTarget(target)],
    ...methods && !methods.has(method) ? { methods: [method] } : {},
  });
  const net: Capability<NetGrant, NetState> = defineCapability<NetGrant, NetState>({
    name: "net",
    aliases: ["http", "transport.http.outbound"],
    summary: "send HTTP requests",
    listArgument: "hosts",
    needsArguments: true,
    parse,
    intersect(asked, granted) {
      const hosts = commonHosts(listOf(asked, "hosts"), listOf(granted, "hosts"));
      const methods = commonOf(upper(listOf(asked, "methods")), upper(listOf(granted, "methods")));
      if (hosts?.length === 0 || methods?.length === 0) return undefined;
      return {
        ...hosts && { hosts: hosts as readonly Json[] },
        ...methods && { methods: methods as readonly Json[] },
      };
    },
    operations: {
      /**
       * Sends `url` as `init` says: `{ method, headers: {name: value}, body, redirect: "follow" | "manual",
       * maxRedirects: 10, timeoutMs: 30000, responseBytes: 16 MiB }`, each optional. Answers `{ status,
       * statusText, url, redirected, headers: {name: value}, setCookies: [value], body: bytes }`, whatever
       * the status; `setCookies` has one by one what `headers` has joined.
       */
      fetch: {
        params: ["url", "init"],
        outside(args, grant) {
          const { url, method } = parseNetRequest(args);
          const target = targetOf(url);
          return covers(grant, target, method) ? undefined : needed(grant, target, method);
        },
        summarize,
        call: (args, { state, signal }) => exchange(parseNetRequest(args), { ...state, signal }),
      },
    },
    denoPermissions: ({ hosts }) => {
      if (hosts.some(({ host }) => host === EVERYTHING)) return ["--allow-net"];
      return [`--allow-net=${[...new Set(hosts.flatMap(permissionsOf))].join(",")}`];
    },
    setup({ extension: { name: extension }, grant }) {
      const denied = (target: NetTarget, method: string) => {
        const flag = formatGrantOf(net as unknown as Capability, needed(grant, target, method));
        return new CapabilityError("denied", { extension, capability: "net", grant: flag });
      };
      const over = (why: string) =>
        new CapabilityError("quota", { extension, capability: "net", grant: "" }, {
          reason: `Cannot do "net.fetch" for extension "${extension}": ${why}`,
        });
      return { route: new NetRoute(grant, power, denied), inFlight: new BytesInFlight(over) };
    },
    teardown: ({ route }) => route.close(),
  });
  return net;
}

/** Method and URL without its query, which may hold secrets. */
function summarize({ url, init }: OperationArgs): string {
  const parsed = typeof url === "string" ? URL.parse(url) : null;
  const written = (init as { readonly method?: unknown } | null | undefined)?.method;
  const method = typeof written === "string" ? canonicalMethod(written) ?? "?" : "GET";
  // a host of no http URL is part of its path
  return parsed ? `${method} ${parsed.protocol}//${parsed.host}${parsed.pathname}` : method;
}

/** What `--allow-net` has to list. A name has to be resolved, which Deno grants for all ports only. */
function permissionsOf(pattern: HostPattern): readonly string[] {
  const { host, port } = pattern;
  const plain = formatHostPattern({ host, port: "default" });
  if (canonicalAddress(host) === undefined && !isLocalName(host)) return [plain];
  if (port === "any") return [plain];
  return port === "default" ? [`${plain}:80`, `${plain}:443`] : [`${plain}:${port}`];
}
