/** Files of a WASI program that exist in memory only, within caps. @module */

import { ERRNO } from "./errno.ts";
import {
  fail,
  type FileStat,
  type FileTimes,
  type FileTree,
  FILETYPE,
  nanosecondsOf,
  type OpenFile,
  type OpenHow,
  wasiError,
} from "./files.ts";

/** How much a tree may hold. */
export interface MemoryCaps {
  /** Bytes of all files together, holes included: they are memory, too. */
  readonly bytes: number;
  /** Files, directories and links. */
  readonly files: number;
}

interface Node {
  readonly ino: number;
  nlink: number;
  atim: bigint;
  mtim: bigint;
  ctim: bigint;
}

interface DirectoryNode extends Node {
  readonly type: typeof FILETYPE.DIRECTORY;
  readonly entries: Map<string, AnyNode>;
}

interface FileNode extends Node {
  readonly type: typeof FILETYPE.REGULAR_FILE;
  /** Room for more than the content. */
  bytes: Uint8Array;
  size: number;
  /** How often it is open: a file without a name lives as long as somebody uses it. */
  users: number;
}

interface LinkNode extends Node {
  readonly type: typeof FILETYPE.SYMBOLIC_LINK;
  readonly target: string;
}

type AnyNode = DirectoryNode | FileNode | LinkNode;

/** Bytes that a name or a link costs beside its text: many empty files are memory, too. */
const ENTRY_BYTES = 64;
/** The device number of all trees in memory. */
const DEVICE = 1;

let lastInode = 0;

/** A tree that begins empty. */
export class MemoryTree implements FileTree {
  readonly #caps: MemoryCaps;
  readonly #now: () => number;
  readonly #root: DirectoryNode;
  #bytes = 0;
  #files = 0;

  /** `now` gives milliseconds since the epoch, for the times of files. */
  constructor(caps: MemoryCaps, now: () => number) {
    this.#caps = caps;
    this.#now = now;
    this.#root = { ...this.#fresh(), type: FILETYPE.DIRECTORY, entries: new Map() };
  }

  stat(path: string): FileStat | undefined {
    const node = this.#find(path);
    return node && statOf(node);
  }

  names(path: string): readonly string[] {
    const node = this.#find(path) ?? fail("NOENT");
    return node.type === FILETYPE.DIRECTORY ? [...node.entries.keys()] : fail("NOTDIR");
  }

  readLink(path: string): string {
    const node = this.#find(path) ?? fail("NOENT");
    return node.type === FILETYPE.SYMBOLIC_LINK ? node.target : fail("INVAL");
  }

  makeDirectory(path: string): void {
    this.#add(path, ENTRY_BYTES, () => ({
      ...this.#fresh(),
      type: FILETYPE.DIRECTORY,
      entries: new Map(),
    }));
  }

  makeLink(path: string, target: string): void {
    this.#add(path, ENTRY_BYTES + target.length, () => ({
      ...this.#fresh(),
      type: FILETYPE.SYMBOLIC_LINK,
      target,
    }));
  }

  link(path: string, to: string): void {
    const node = this.#find(path) ?? fail("NOENT");
    if (node.type === FILETYPE.DIRECTORY) fail("PERM");
    this.#add(to, ENTRY_BYTES, () => {
      node.nlink++;
      return node;
    });
  }

  rename(path: string, to: string): void {
    const [from, name] = this.#above(path);
    const node = from.entries.get(name) ?? fail("NOENT");
    const [into, newName] = this.#above(to);
    const replaced = into.entries.get(newName);
    if (replaced === node) return;
    if (replaced?.type === FILETYPE.DIRECTORY && replaced.entries.size > 0) fail("NOTEMPTY");
    if (replaced) this.#drop(replaced);
    from.entries.delete(name);
    into.entries.set(newName, node);
    this.#touch(from);
    this.#touch(into);
  }

  unlink(path: string): void {
    const [directory, name] = this.#above(path);
    const node = directory.entries.get(name) ?? fail("NOENT");
    if (node.type === FILETYPE.DIRECTORY) fail("ISDIR");
    directory.entries.delete(name);
    this.#drop(node);
    this.#touch(directory);
  }

  removeDirectory(path: string): void {
    const [directory, name] = this.#above(path);
    const node = directory.entries.get(name) ?? fail("NOENT");
    if (node.type !== FILETYPE.DIRECTORY) fail("NOTDIR");
    if (node.entries.size > 0) fail("NOTEMPTY");
    directory.entries.delete(name);
    this.#drop(node);
    this.#touch(directory);
  }

  setTimes(path: string, times: FileTimes): void {
    this.#setTimes(this.#find(path) ?? fail("NOENT"), times);
  }

  open(path: string, { create }: OpenHow): OpenFile {
    if (create) {
      this.#add(path, ENTRY_BYTES, () => ({
        ...this.#fresh(),
        type: FILETYPE.REGULAR_FILE,
        bytes: new Uint8Array(0),
        size: 0,
        users: 0,
      }));
    }
    const node = this.#find(path) ?? fail("NOENT");
    if (node.type !== FILETYPE.REGULAR_FILE) fail("ISDIR");
    return this.#open(node);
  }

  #open(node: FileNode): OpenFile {
    node.users++;
    return {
      stat: () => statOf(node),
      read(into, position) {
        const end = Math.min(node.size, position + into.length);
        if (position >= end) return 0;
        into.set(node.bytes.subarray(position, end));
        return end - position;
      },
      write: (bytes, position) => {
        const end = position + bytes.length;
        if (end > node.size) this.#resize(node, end);
        node.bytes.set(bytes, position);
        this.#touch(node);
        return bytes.length;
      },
      append: (memory, ptr, length, position) => {
        const end = position + length;
        if (end > node.size) this.#resize(node, end);
        memory.copy(ptr, length, node.bytes, "a buffer", position);
        this.#touch(node);
        return length;
      },
      resize: (size) => {
        this.#resize(node, size);
        this.#touch(node);
      },
      setTimes: (times) => this.#setTimes(node, times),
      sync() {},
      close: () => {
        node.users--;
        this.#release(node);
      },
    };
  }

  /** Room grows by half, so that writing byte by byte does not copy the file each time. */
  #resize(node: FileNode, size: number): void {
    this.#count(size - node.size, 0);
    if (size > node.bytes.length) {
      const room = Math.min(Math.max(size, Math.ceil(node.bytes.length * 1.5)), this.#caps.bytes);
      const larger = allocate(Math.max(room, size));
      larger.set(node.bytes.subarray(0, node.size));
      node.bytes = larger;
    } else if (size < node.size) {
      node.bytes.fill(0, size, node.size);
    }
    node.size = size;
  }

  #fresh(): Node {
    const now = nanosecondsOf(this.#now());
    return { ino: ++lastInode, nlink: 1, atim: now, mtim: now, ctim: now };
  }

  #touch(node: Node): void {
    node.mtim = node.ctim = nanosecondsOf(this.#now());
  }

  #setTimes(node: Node, { atim, mtim }: FileTimes): void {
    if (atim !== undefined) node.atim = atim;
    if (mtim !== undefined) node.mtim = mtim;
    node.ctim = nanosecondsOf(this.#now());
  }

  #find(path: string): AnyNode | undefined {
    let node: AnyNode = this.#root;
    if (path === "") return node;
    for (const part of path.split("/")) {
      if (node.type !== FILETYPE.DIRECTORY) return undefined;
      const next = node.entries.get(part);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  /** The directory that an entry is in, and its name there. */
  #above(path: string): readonly [DirectoryNode, string] {
    if (path === "") fail("BUSY");
    const at = path.lastIndexOf("/");
    const node = this.#find(at < 0 ? "" : path.slice(0, at)) ?? fail("NOENT");
    if (node.type !== FILETYPE.DIRECTORY) fail("NOTDIR");
    return [node, path.slice(at + 1)];
  }

  #add(path: string, bytes: number, make: () => AnyNode): void {
    const [directory, name] = this.#above(path);
    if (directory.entries.has(name)) fail("EXIST");
    this.#count(bytes, 1);
    directory.entries.set(name, make());
    this.#touch(directory);
  }

  #drop(node: AnyNode): void {
    node.nlink--;
    this.#count(-ENTRY_BYTES - (node.type === FILETYPE.SYMBOLIC_LINK ? node.target.length : 0), -1);
    if (node.type === FILETYPE.REGULAR_FILE) this.#release(node);
  }

  #release(node: FileNode): void {
    if (node.nlink > 0 || node.users > 0) return;
    this.#count(-node.size, 0);
    node.size = 0;
    node.bytes = new Uint8Array(0);
  }

  #count(bytes: number, files: number): void {
    if (bytes > 0 && this.#bytes + bytes > this.#caps.bytes) fail("NOSPC");
    if (files > 0 && this.#files + files > this.#caps.files) fail("NOSPC");
    this.#bytes += bytes;
    this.#files += files;
  }
}

function allocate(size: number): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (error) {
    if (error instanceof RangeError) throw wasiError(ERRNO.NOSPC);
    throw error;
  }
}

function statOf(node: AnyNode): FileStat {
  const { ino, nlink, atim, mtim, ctim, type } = node;
  const size = type === FILETYPE.REGULAR_FILE
    ? node.size
    : type === FILETYPE.SYMBOLIC_LINK
    ? node.target.length
    : 0;
  return { type, dev: DEVICE, ino, nlink, size, atim, mtim, ctim };
}
