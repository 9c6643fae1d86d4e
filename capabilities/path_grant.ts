/** The grant of paths that WebSockets and event streams share. @module */

import type { Json, JsonObject } from "../manifest/manifest.ts";
import { ArgumentReader, EVERYTHING } from "./arguments.ts";
import type { Capability, Operation } from "./capability.ts";
import { writeFlag } from "./permission_flags.ts";
import { commonPatterns, coversPath, grantPathProblem } from "./route_pattern.ts";
import { pathOf, type Serving } from "./serving.ts";

/** The paths that may be registered; `undefined` = all. */
export interface PathGrant {
  readonly paths: readonly string[] | undefined;
}

function listOf(args: JsonObject): readonly string[] | undefined {
  return args["paths"] as readonly string[] | undefined;
}

/** What a capability with a grant of paths is made of, but for its name and its operations. */
export const pathGrant: Pick<
  Capability<PathGrant, Serving | undefined>,
  "listArgument" | "parse" | "intersect" | "denoPermissions"
> = {
  listArgument: "paths",
  parse(args) {
    const reader = new ArgumentReader(args);
    const paths = reader.strings("paths", grantPathProblem);
    return reader.result<PathGrant>({ paths: paths?.includes(EVERYTHING) ? undefined : paths });
  },
  intersect(asked, granted) {
    const paths = commonPatterns(listOf(asked), listOf(granted), coversPath);
    if (paths === undefined) return {};
    return paths.length === 0 ? undefined : { paths: paths as readonly Json[] };
  },
  denoPermissions: (_grant, _storage, listen) =>
    listen === undefined ? [] : [writeFlag("net", listen)],
};

/** What registering `path` needs beyond the grant. */
export const outsidePaths: NonNullable<Operation<PathGrant>["outside"]> = ({ path }, { paths }) => {
  const wanted = pathOf(path);
  if (!paths || paths.some((granted) => coversPath(granted, wanted))) return undefined;
  return { paths: [wanted] };
};
