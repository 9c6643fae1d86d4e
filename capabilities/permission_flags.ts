/** Deno's permission flags as text: read, merged, sorted. Pure. @module */

/** One flag. */
export interface PermissionFlag {
  /** `net`, `read`, `env` and so on. */
  readonly kind: string;
  /** What exactly it allows; `undefined` = everything of that kind. */
  readonly items: readonly string[] | undefined;
}

const FLAG = /^--allow-([a-z]+)(?:=([^]+))?$/;

/**
 * Reads `--allow-KIND` or `--allow-KIND=ITEM,ITEM`; a comma in an item is written twice.
 *
 * @throws {TypeError} for anything else.
 */
export function readFlag(flag: string): PermissionFlag {
  const [, kind, list] = FLAG.exec(flag) ?? [];
  if (kind === undefined) {
    throw new TypeError(
      `Cannot read a permission as it must be --allow-…: current value is "${flag}"`,
    );
  }
  return { kind, items: list === undefined ? undefined : splitItems(list) };
}

function splitItems(list: string): readonly string[] {
  return [...list.matchAll(ITEM)].map(([item]) => item.replaceAll(",,", ","));
}

/** What stands between single commas. */
const ITEM = /(?:[^,]|,,)+/g;

/**
 * The fewest flags that allow what `flags` allow together, sorted.
 *
 * @throws {TypeError} as {@linkcode readFlag}.
 */
export function mergeFlags(flags: readonly string[]): readonly string[] {
  const kinds = new Map<string, Set<string> | undefined>();
  for (const flag of flags) {
    const { kind, items } = readFlag(flag);
    const known = kinds.has(kind) ? kinds.get(kind) : new Set<string>();
    kinds.set(kind, items && known ? new Set([...known, ...items]) : undefined);
  }
  return [...kinds].sort(([a], [b]) => a < b ? -1 : 1).map(([kind, items]) =>
    writeFlag(kind, ...[...items ?? []].sort())
  );
}

/** The flag that allows `items` of `kind`, or everything of it without any. */
export function writeFlag(kind: string, ...items: readonly (string | undefined)[]): string {
  const list = items.flatMap((item) => item === undefined ? [] : [item.replaceAll(",", ",,")]);
  return list.length === 0 ? `--allow-${kind}` : `--allow-${kind}=${list.join(",")}`;
}
