/** `http.serve`: answering HTTP requests at the host's listener. @module */

import type { Json, JsonObject } from "../../manifest/manifest.ts";
import { ArgumentReader, EVERYTHING } from "../arguments.ts";
import {
  type Capability,
  defineCapability,
  type HostValue,
  type OperationArgs,
} from "../capability.ts";
import { excerpt } from "../escape.ts";
import { commonPatterns, coversPath, grantPathProblem } from "../route_pattern.ts";
import { writeFlag } from "../permission_flags.ts";
import { handlerOf, idOf, notPossible, pathOf, placeOf } from "../serving.ts";
import type { Serving } from "../serving.ts";

/** The routes that may be registered, as `METHOD /path` or `/path`; `undefined` = all. */
interface RouteGrant {
  readonly routes: readonly string[] | undefined;
}

/** Longest method: it is compared with every request's. */
const METHOD_LIMIT = 32;
/** A token of HTTP, in the letters that methods have. */
const METHOD = /^[A-Z][A-Z0-9!#$%&'*+.^_`|~-]*$/;
/** What a message says of an argument at most. */
const EXCERPT = 128;
/** Most headers of one answer. */
const HEADER_LIMIT = 256;

function methodOf(value: HostValue): string {
  const method = typeof value === "string" ? value.toUpperCase() : "";
  if (METHOD.test(method) && method.length <= METHOD_LIMIT) return method;
  throw notPossible("Cannot register the route as its method must be a word");
}

/** Method and path of an item of a grant; an empty method stands for every one. */
function partsOf(item: string): readonly [string, string] {
  const space = item.indexOf(" ");
  return space < 0 ? ["", item] : [item.slice(0, space), item.slice(space + 1)];
}

function routeProblem(item: string): string | undefined {
  const [method, path] = partsOf(item);
  const rule = 'must be a path, or a method and a path ("GET /notes/:id"): it';
  if (item.includes(" ") && !(METHOD.test(method) && method.length <= METHOD_LIMIT)) {
    return `${rule} must begin with a method in capital letters`;
  }
  const problem = grantPathProblem(path);
  return problem === undefined ? undefined : `${rule} ${problem}`;
}

function coversRoute(granted: string, wanted: string): boolean {
  const [method, path] = partsOf(granted);
  const [wantedMethod, wantedPath] = partsOf(wanted);
  return (method === "" || method === wantedMethod) && coversPath(path, wantedPath);
}

function listOf(args: JsonObject): readonly string[] | undefined {
  return args["routes"] as readonly string[] | undefined;
}

/** Headers as a record, as lists of values, or as pairs. */
function headersOf(value: HostValue): readonly (readonly [string, string])[] {
  if (value === undefined || value === null) return [];
  const pairs: (readonly [string, string])[] = [];
  const add = (name: HostValue, content: HostValue) => {
    if (typeof name !== "string" || typeof content !== "string" || pairs.length >= HEADER_LIMIT) {
      throw notPossible(
        `Cannot answer as headers are at most ${HEADER_LIMIT} names with texts as values`,
      );
    }
    pairs.push([name, content]);
  };
  if (Array.isArray(value)) {
    for (const pair of value as readonly HostValue[]) {
      if (!Array.isArray(pair)) {
        throw notPossible("Cannot answer as a header is a name and a value");
      }
      add(pair[0], pair[1]);
    }
  } else if (typeof value === "object" && !(value instanceof Uint8Array)) {
    for (const [name, content] of Object.entries(value)) {
      for (const one of Array.isArray(content) ? content : [content]) add(name, one);
    }
  } else {
    throw notPossible("Cannot answer as its headers must be names with values");
  }
  return pairs;
}

function statusOf(value: HostValue): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === "number") return value;
  throw notPossible("Cannot answer as its status must be a number");
}

function bodyOf(value: HostValue): Uint8Array | string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  throw notPossible("Cannot answer as its body must be text or bytes");
}

function routeText({ method, path }: OperationArgs): string {
  const parts = [method, path].map((part) => typeof part === "string" ? part : "?");
  return excerpt(parts.join(" "), EXCERPT);
}

/** Takes requests of the routes it registers, and answers them by their number. */
export const httpServeCapability: Capability<RouteGrant, Serving | undefined> = defineCapability<
  RouteGrant,
  Serving | undefined
>({
  name: "http.serve",
  aliases: ["transport.http.inbound"],
  summary: "answer HTTP requests at the host's address",
  listArgument: "routes",
  parse(args) {
    const reader = new ArgumentReader(args);
    const routes = reader.strings("routes", routeProblem);
    return reader.result<RouteGrant>({
      routes: routes?.includes(EVERYTHING) ? undefined : routes,
    });
  },
  intersect(asked, granted) {
    const routes = commonPatterns(listOf(asked), listOf(granted), coversRoute);
    if (routes === undefined) return {};
    return routes.length === 0 ? undefined : { routes: routes as readonly Json[] };
  },
  operations: {
    /** Takes requests of `method` at `path`, where `:name` stands for any one segment. */
    register: {
      params: ["method", "path", "handler"],
      outside({ method, path }, { routes }) {
        const wanted = `${methodOf(method)} ${pathOf(path)}`;
        if (!routes || routes.some((granted) => coversRoute(granted, wanted))) return undefined;
        return { routes: [wanted] };
      },
      summarize: routeText,
      callSync({ method, path, handler }, { state }) {
        placeOf(state).route(methodOf(method), pathOf(path), handlerOf(handler));
        return undefined;
      },
    },
    /** Answers request `id`, once. */
    respond: {
      params: ["id", "status", "headers", "body"],
      summarize: ({ id, status }) => excerpt(`${String(id)} ${String(status)}`, EXCERPT),
      callSync({ id, status, headers, body }, { state }) {
        placeOf(state).respond(idOf(id, "request"), {
          status: statusOf(status),
          headers: headersOf(headers),
          body: bodyOf(body),
        });
        return undefined;
      },
    },
  },
  denoPermissions: (_grant, _storage, listen) =>
    listen === undefined ? [] : [writeFlag("net", listen)],
  setup({ services: { serving } }) {
    serving?.open("http");
    return serving;
  },
  teardown: (serving) => serving?.shut("http"),
});
