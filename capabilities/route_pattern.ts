/** Paths that extensions serve: `/notes/:id`, exact segment by segment, and grants that cover them. Pure. @module */

/** Longest path of a registration: it is compared with every request. */
const PATH_LIMIT = 1_024;
/** Most segments of a path. */
const SEGMENT_LIMIT = 64;
const PARAMETER = /^:[A-Za-z_][A-Za-z0-9_]*$/;
/** What a path of a URL cannot show, and marks that would begin its query or fragment. */
const FORBIDDEN = /[\p{C}\p{Zl}\p{Zp}\s?#\\]/u;
/** Segments that lead elsewhere, in the spellings that URLs know. */
const LEFT_OUT = /^(?:\.|%2e){1,2}$/i;
/** The last segment of a grant that covers everything below. */
const BELOW = "*";

/** Segments of a path, without the empty one before the first slash. */
export function segmentsOf(path: string): readonly string[] {
  return path.slice(1).split("/");
}

/** Why `path` cannot be registered; `undefined` when it can. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith("/")) return 'must begin with "/"';
  if (path.length > PATH_LIMIT) return `must not be longer than ${PATH_LIMIT} characters`;
  if (FORBIDDEN.test(path)) return "must contain no spaces, control characters, ?, # or \\";
  const segments = segmentsOf(path);
  if (segments.length > SEGMENT_LIMIT) return `must not have more than ${SEGMENT_LIMIT} segments`;
  const parameters = segments.filter((segment) => segment.startsWith(":"));
  if (!parameters.every((segment) => PARAMETER.test(segment))) {
    return "must name its parameters like :id";
  }
  if (new Set(parameters).size < parameters.length) return "must not name a parameter twice";
  if (segments.some((segment) => LEFT_OUT.test(segment))) {
    return "must not have segments that URLs leave out";
  }
  return undefined;
}

/** Why `path` cannot stand in a grant: there, `/*` at the end covers every path below. */
export function grantPathProblem(path: string): string | undefined {
  if (path === BELOW) return undefined;
  return pathProblem(path.endsWith(`/${BELOW}`) ? path.slice(0, -BELOW.length) : path);
}

/** Whether a grant's `granted` covers `path`, or all of what another grant's `path` covers. */
export function coversPath(granted: string, path: string): boolean {
  if (granted === BELOW) return true;
  if (path === BELOW) return false;
  const wanted = segmentsOf(path);
  const given = segmentsOf(granted);
  const open = given.at(-1) === BELOW;
  const fixed = open ? given.slice(0, -1) : given;
  if (open ? wanted.length < given.length : wanted.length !== given.length) return false;
  if (!open && wanted.at(-1) === BELOW) return false;
  return fixed.every((segment, at) =>
    segment.startsWith(":") ? wanted[at] !== "" : segment === wanted[at]
  );
}

/** What two lists of grants have in common by `covers`: each item of one that the other covers. */
export function commonPatterns(
  asked: readonly string[] | undefined,
  granted: readonly string[] | undefined,
  covers: (granted: string, wanted: string) => boolean,
): readonly string[] | undefined {
  if (asked === undefined) return granted;
  if (granted === undefined) return asked;
  const within = (list: readonly string[], others: readonly string[]) =>
    list.filter((item) => others.some((other) => covers(other, item)));
  return [...new Set([...within(asked, granted), ...within(granted, asked)])];
}
