/**
 * One directory of this machine in the hands of a WASI program: every path is confined to it and
 * every change is counted. Who asks has looked at each step of a path before; what may have changed
 * since is looked at again.
 *
 * @module
 */

import { join } from "@std/path";
import { FileError } from "./file_error.ts";
import { leadsOut } from "./link_target.ts";
import type { TreeFacts, TreeOpen, TreePower } from "./powers/tree.ts";
import type { BoundPreopen } from "./preopen.ts";
import type { TreeUsage } from "./tree_usage.ts";

/** Never for programs, whoever gives it: other processes, devices and the kernel behind files. */
const FORBIDDEN: readonly string[] = ["/proc", "/dev", "/sys"];

/** Longest listing that is kept for one reader. */
const LISTED_NAMES = 1_000_000;

/** A part that is none, that stays, or that climbs; or an end in the middle. */
const NOT_PLAIN = /(?:^|\/)\.{0,2}(?:\/|$)|\0/;
/** What another system takes for a separator or a stream. */
const STRANGE = /[\\:]/;

/** A file that is open. Its size is kept count of, for the quota. */
export interface OpenedFile {
  readonly fd: number;
  readonly identity: string;
  readonly tree: HostTree;
  readonly write: boolean;
}

/** What a tree keeps from its program beside what lies outside. */
export interface TreeRules {
  /** Whether nothing at `path` is the program's, though it lies inside. */
  readonly hides?: (path: string) => boolean;
  /** `false`: no link is made, and none leads anywhere. */
  readonly links?: boolean;
}

/** A directory of this machine. Paths are relative, plain, and end where links would be followed. */
export class HostTree {
  readonly preopen: BoundPreopen;
  readonly #power: TreePower;
  readonly #usage: TreeUsage;
  /** Without links. */
  readonly #root: string;
  /** Whether a link with `..` was made: where its directory goes, it leads elsewhere. */
  #climbs = false;
  /** Sizes of open files by identity: asking the system at each write costs more than writing. */
  readonly #sizes = new Map<string, { size: number; users: number }>();

  readonly #rules: TreeRules;

  /** @throws {FileError} when there is no such directory, or no program may have it. */
  constructor(preopen: BoundPreopen, power: TreePower, usage: TreeUsage, rules: TreeRules = {}) {
    this.preopen = preopen;
    this.#rules = rules;
    this.#power = power;
    this.#usage = usage;
    if (!power.allowed(preopen.host, preopen.write)) throw new FileError("NOTCAPABLE");
    this.#root = power.realPath(preopen.host);
    if (power.facts(this.#root)?.kind !== "directory") throw new FileError("NOTDIR");
    const forbidden = FORBIDDEN.some((path) =>
      this.#root === path || this.#root.startsWith(`${path}/`)
    );
    if (forbidden) throw new FileError("NOTCAPABLE");
  }

  /** Facts about the path itself; `undefined` when nothing is there. */
  stat(path: string): TreeFacts | undefined {
    return this.#power.facts(this.#at(path));
  }

  names(path: string): readonly string[] {
    const names = this.#power.names(this.#existing(path), LISTED_NAMES);
    const { hides } = this.#rules;
    if (!hides) return names;
    return names.filter((name) => !hides(path === "" ? name : `${path}/${name}`));
  }

  readLink(path: string): string {
    if (this.#rules.links === false) throw new FileError("NOTCAPABLE");
    return this.#power.readLink(this.#at(path));
  }

  makeDirectory(path: string): void {
    const at = this.#target(path);
    this.#count(0, 1);
    this.#undoing(1, () => this.#power.makeDirectory(at));
  }

  makeLink(path: string, target: string): void {
    if (!this.#power.linksAllowed || this.#rules.links === false) throw new FileError("NOTCAPABLE");
    // also when somebody else follows it: nothing that a program leaves behind leads out
    if (leadsOut(path, target)) throw new FileError("NOTCAPABLE");
    const at = this.#target(path);
    if (target.split("/").includes("..")) this.#climbs = true;
    this.#count(0, 1);
    this.#undoing(1, () => this.#power.makeLink(at, target));
  }

  link(path: string, to: string): void {
    const [from, at] = [this.#target(path), this.#target(to)];
    this.#count(0, 1);
    this.#undoing(1, () => this.#power.link(from, at));
  }

  rename(path: string, to: string): void {
    const [from, at] = [this.#target(path), this.#target(to)];
    // a link moved elsewhere leads elsewhere
    const facts = this.#power.facts(from);
    if (facts?.kind === "link" && leadsOut(to, this.#power.readLink(from))) {
      throw new FileError("NOTCAPABLE");
    }
    const higher = path.split("/").length > to.split("/").length;
    if (facts?.kind === "directory" && higher && this.#climbs) throw new FileError("NOTCAPABLE");
    const replaced = this.#power.facts(at);
    this.#power.rename(from, at);
    if (replaced && replaced.ino !== facts?.ino) this.#forget(replaced);
  }

  unlink(path: string): void {
    const at = this.#target(path);
    const facts = this.#power.facts(at);
    // what removes files here also removes empty directories
    if (facts?.kind === "directory") throw new FileError("ISDIR");
    this.#power.unlink(at);
    if (facts) this.#forget(facts);
  }

  removeDirectory(path: string): void {
    const at = this.#target(path);
    if (this.#power.facts(at)?.kind !== "directory") throw new FileError("NOTDIR");
    this.#power.removeDirectory(at);
    this.#usage.give(0, 1);
  }

  setTimes(path: string, atime: number, mtime: number): void {
    if (!this.preopen.write) throw new FileError("ROFS");
    this.#power.setTimes(this.#existing(path), atime, mtime);
  }

  /** Opens a file, and looks at what was really opened. */
  open(path: string, how: TreeOpen): OpenedFile {
    const { write, create } = how;
    const at = write || create ? this.#target(path) : this.#existing(path);
    const expected = create ? undefined : this.#power.facts(at);
    // opening a FIFO would already tell its other end, and a device may do anything
    if (!create && expected?.kind !== "file") {
      throw new FileError(expected?.kind === "link" ? "LOOP" : expected ? "ACCES" : "NOENT");
    }
    if (create) this.#count(0, 1);
    const fd = create
      ? this.#undoing(1, () => this.#power.open(at, how))
      : this.#power.open(at, how);
    try {
      const opened = this.#power.openedFacts(fd);
      const now = create ? this.#power.facts(at) : expected;
      const same = now?.dev === opened.dev && now.ino === opened.ino;
      if (opened.kind !== "file" || !same || this.#power.realPath(at) !== at) {
        throw new FileError("STALE");
      }
      const identity = `${opened.dev}:${opened.ino}`;
      const known = this.#sizes.get(identity);
      if (known === undefined) this.#sizes.set(identity, { size: opened.size, users: 1 });
      else {
        known.users++;
        known.size = opened.size;
      }
      return { fd, identity, tree: this, write };
    } catch (error) {
      this.#power.close(fd);
      throw error;
    }
  }

  openedFacts({ fd, identity }: OpenedFile): TreeFacts {
    const facts = this.#power.openedFacts(fd);
    const known = this.#sizes.get(identity);
    if (known) known.size = facts.size;
    return facts;
  }

  read({ fd }: OpenedFile, into: Uint8Array, position: number): number {
    return this.#power.read(fd, into, position);
  }

  write({ fd, identity, write }: OpenedFile, bytes: Uint8Array, position: number): number {
    if (!write) throw new FileError("BADF");
    const known = this.#sizes.get(identity);
    const size = known?.size ?? 0;
    const growth = Math.max(0, position + bytes.length - size);
    this.#count(growth, 0);
    let written = 0;
    try {
      written = this.#power.write(fd, bytes, position);
    } finally {
      const end = Math.max(size, position + written);
      this.#usage.give(growth - (written === 0 ? 0 : end - size), 0);
      if (known && written > 0) known.size = end;
    }
    return written;
  }

  resize(file: OpenedFile, size: number): void {
    if (!file.write) throw new FileError("INVAL");
    const before = this.openedFacts(file).size;
    if (size > before) this.#count(size - before, 0);
    this.#power.resize(file.fd, size);
    if (size < before) this.#usage.give(before - size, 0);
    const known = this.#sizes.get(file.identity);
    if (known) known.size = size;
  }

  setOpenedTimes({ fd }: OpenedFile, atime: number, mtime: number): void {
    if (!this.preopen.write) throw new FileError("ROFS");
    this.#power.setOpenedTimes(fd, atime, mtime);
  }

  sync({ fd }: OpenedFile, dataOnly: boolean): void {
    this.#power.sync(fd, dataOnly);
  }

  close({ fd, identity }: OpenedFile): void {
    const known = this.#sizes.get(identity);
    if (known && --known.users === 0) this.#sizes.delete(identity);
    this.#power.close(fd);
  }

  #forget({ kind, size, nlink }: TreeFacts): void {
    this.#usage.give(kind === "file" && nlink <= 1 ? size : 0, 1);
  }

  #count(bytes: number, files: number): void {
    this.#usage.take(bytes, files);
  }

  #undoing<T>(files: number, act: () => T): T {
    try {
      return act();
    } catch (error) {
      this.#usage.give(0, files);
      throw error;
    }
  }

  /** The host path of a name whose directory is really there, without links. */
  #target(path: string): string {
    if (!this.preopen.write) throw new FileError("ROFS");
    if (path === "") throw new FileError("BUSY");
    return this.#existing(path);
  }

  #existing(path: string): string {
    const at = this.#at(path);
    if (path === "") return at;
    const above = at.slice(0, Math.max(at.lastIndexOf("/"), at.lastIndexOf("\\"), 1));
    if (this.#power.realPath(above) !== above) throw new FileError("STALE");
    return at;
  }

  #at(path: string): string {
    if (path === "") return this.#root;
    if (NOT_PLAIN.test(path) || (this.#power.strictNames && STRANGE.test(path))) {
      throw new FileError("NOTCAPABLE");
    }
    if (this.#rules.hides?.(path)) throw new FileError("NOTCAPABLE");
    return join(this.#root, path);
  }
}
