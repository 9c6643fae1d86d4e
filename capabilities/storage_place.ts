/** Where a path of a guest really leads, and whether that is still where it may go. @module */

import { join, SEPARATOR } from "@std/path";
import { OperationError } from "./errors.ts";
import { containsPath, formatPath, type PlainPath } from "./path_resolve.ts";
import type { EntryFacts, OpenFile, StoragePower } from "./powers/storage.ts";

/** What a path is wanted for. */
export type StorageMode = "read" | "write";

/** Where an extension may go. */
export interface StorageGrant {
  readonly read: readonly PlainPath[];
  readonly write: readonly PlainPath[];
  /** Whether a link may lead from one granted place to another; out of them none ever does. */
  readonly followsLinks?: boolean;
}

/** A path inside one root. */
export interface Place {
  /** What the guest wrote, canonical. */
  readonly path: PlainPath;
  /** The root's host path, as the operator wrote it; links in it are the operator's. */
  readonly root: string;
  /** Steps from the root. */
  readonly below: readonly string[];
  /** Whether it is in the extension's own directory. */
  readonly own: boolean;
  /** Whether the grant also covers what lies these steps from the root. */
  covers(below: readonly string[]): boolean;
}

/** Something that is there. */
export interface Found {
  /** Its host path without any link. */
  readonly real: string;
  /** The host path that led to it. */
  readonly full: string;
  readonly facts: EntryFacts;
}

/** Never for extensions, whoever grants it: other processes, devices and the kernel behind files. */
const FORBIDDEN: readonly string[] = ["/proc", "/dev", "/sys"];

/**
 * What `sqlite` keeps in an extension's own directory: who could write these bytes would need no grant of
 * a table, and a journal of one's own making is played into the database when it is opened next.
 */
const DATABASE_FILES: ReadonlySet<string> = new Set(
  ["data.db", "data.db-journal", "data.db-wal", "data.db-shm"],
);

/** Whether steps below an extension's own directory lead to its database, however the system folds names. */
export function isDatabaseFile(below: readonly string[]): boolean {
  const [name = "", ...more] = below;
  return more.length === 0 && DATABASE_FILES.has(name.normalize("NFKC").toLowerCase());
}

/** Whether the grant covers `path` as it is written. */
export function coversPath(grant: StorageGrant, mode: StorageMode, path: PlainPath): boolean {
  return grant[mode].some((granted) => containsPath(granted, path));
}

/** Finds files below the roots of one extension. */
export class StorageWalker {
  readonly #grant: StorageGrant;
  readonly #directory: string | undefined;
  readonly #power: StoragePower;
  readonly #denied: (path: PlainPath, why: string) => Error;

  /** `directory` is for the extension's own files; `denied` makes the error of a path that leads out. */
  constructor(
    grant: StorageGrant,
    directory: string | undefined,
    power: StoragePower,
    denied: (path: PlainPath, why: string) => Error,
  ) {
    this.#grant = grant;
    this.#directory = directory;
    this.#power = power;
    this.#denied = denied;
  }

  /** The root that `path` is below. */
  place(path: PlainPath, mode: StorageMode): Place {
    const granted = this.#grant[mode].filter((each) => containsPath(each, path));
    const [widest] = granted.toSorted((a, b) => a.parts.length - b.parts.length);
    if (!widest) throw this.#denied(path, `it is not granted for ${mode}`);
    if (path.absolute) {
      const below = path.parts.slice(widest.parts.length);
      return { path, root: formatPath(widest), below, own: false, covers: () => true };
    }
    if (this.#directory === undefined) {
      throw new OperationError(
        "unavailable",
        `Cannot use "${
          formatPath(path)
        }" as this host keeps no files of extensions: it needs a storage root`,
      );
    }
    const covers = (parts: readonly string[]) =>
      coversPath(this.#grant, mode, { absolute: false, parts });
    return { path, root: this.#directory, below: path.parts, own: true, covers };
  }

  /** What is there; `undefined` for nothing. */
  async find(place: Place): Promise<Found | undefined> {
    const root = await this.#power.realPath(place.root);
    if (root === undefined) return undefined;
    const full = join(root, ...place.below);
    const real = await this.#power.realPath(full);
    if (real === undefined) {
      const dangling = (await this.#power.facts(full))?.kind === "link";
      if (dangling) throw this.leadsOut(place);
      return undefined;
    }
    this.#confine(place, root, real);
    await this.#spareDatabase(place, real);
    if (real !== full && this.#grant.followsLinks === false) {
      throw this.#denied(place.path, "a link leads there");
    }
    const facts = await this.#power.facts(real);
    if (!facts) return undefined;
    if (place.own && facts.kind === "file" && facts.names > 1) {
      throw this.#secondName(place);
    }
    return { real, full, facts };
  }

  /**
   * Checks that `file`, opened by the path of `found`, is what was found and still lies where it did.
   * Another process that can rename directories inside the root can still win: it owns them.
   */
  async confirm(place: Place, found: Pick<Found, "real" | "full">, file: OpenFile): Promise<void> {
    const opened = await file.facts();
    const now = await this.#power.facts(found.real);
    const real = await this.#power.realPath(found.full);
    if (opened.kind !== "file") throw notAFile(place);
    // it may have got the second name only after it was found
    if (place.own && opened.names > 1) throw this.#secondName(place);
    if (now?.identity !== opened.identity || real !== found.real) throw this.leadsOut(place);
  }

  /**
   * The host path of `place` with everything above it made; `made` is asked before each directory that
   * is not there.
   */
  async prepare(place: Place, made: () => void): Promise<string> {
    if (place.own) await this.#power.makeDirectories(place.root);
    const root = await this.#power.realPath(place.root);
    const last = place.below.at(-1);
    if (root === undefined || last === undefined) throw notAFile(place);
    let at = root;
    for (const part of place.below.slice(0, -1)) {
      const step = join(at, part);
      let real = await this.#power.realPath(step);
      if (real === undefined) {
        if (await this.#power.facts(step)) throw this.leadsOut(place);
        made();
        await this.#power.makeDirectory(step);
        real = await this.#power.realPath(step);
      }
      if (real === undefined || !stepsFrom(root, real)) throw this.leadsOut(place);
      if (real !== step && this.#grant.followsLinks === false) throw this.leadsOut(place);
      at = real;
    }
    const target = join(at, last);
    this.#confine(place, root, target);
    await this.#spareDatabase(place, target);
    return target;
  }

  /** A file with two names may be one from elsewhere. */
  #secondName(place: Place): Error {
    return this.#denied(place.path, "it has another name elsewhere");
  }

  leadsOut(place: Place): Error {
    return this.#denied(place.path, "it leads out of what is granted");
  }

  /** Also where an operator grants a place outside in which the extension's own directory lies. */
  async #spareDatabase(place: Place, real: string): Promise<void> {
    if (place.own || this.#directory === undefined) return;
    const directory = await this.#power.realPath(this.#directory);
    const steps = directory === undefined ? undefined : stepsFrom(directory, real);
    if (steps && isDatabaseFile(steps)) throw this.#denied(place.path, "it is part of a database");
  }

  #confine(place: Place, root: string, real: string): void {
    const steps = stepsFrom(root, real);
    const forbidden = FORBIDDEN.some((each) => stepsFrom(each, real) !== undefined);
    if (!steps || !place.covers(steps) || forbidden) throw this.leadsOut(place);
    if (place.own && (isDatabaseFile(steps) || isDatabaseFile(place.below))) {
      throw this.#denied(place.path, "it is part of a database");
    }
  }
}

/** The error of an operation for files on something else. */
export function notAFile({ path }: Pick<Place, "path">): OperationError {
  return new OperationError("not-possible", `Cannot use "${formatPath(path)}" as it is no file`);
}

/** Steps from `root` down to `real`; `undefined` when it is not below. */
function stepsFrom(root: string, real: string): readonly string[] | undefined {
  if (real === root) return [];
  const start = root.endsWith(SEPARATOR) ? root : root + SEPARATOR;
  return real.startsWith(start) ? real.slice(start.length).split(SEPARATOR) : undefined;
}
