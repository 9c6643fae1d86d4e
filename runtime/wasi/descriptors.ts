/** The open descriptors of one guest. @module */

import { fail, type OpenFile, WasiError, type WasiPreopen } from "./files.ts";
import { INPUT_RIGHTS, OUTPUT_RIGHTS, preopenRights } from "./rights.ts";
import type { Start } from "./walk.ts";

/** Most descriptors of one guest: each is memory of the host, and may be a file of the system. */
const DESCRIPTOR_LIMIT = 1_024;

interface Common {
  /** Can be lowered by the guest, never raised. */
  rights: number;
  /** What is opened below it may have at most. */
  inheriting: number;
  /** The specification's `fdflags`. */
  flags: number;
}

/** A standard stream. */
export interface StreamDescriptor extends Common {
  readonly kind: "stream";
  readonly stream: "input" | "output" | "error";
}

/** An open file and where the next read or write goes. */
export interface FileDescriptor extends Common {
  readonly kind: "file";
  readonly file: OpenFile;
  position: number;
}

/** An open directory. */
export interface DirectoryDescriptor extends Common, Start {
  readonly kind: "directory";
  /** Changes when the guest renames it, or a directory above it. */
  path: string;
  /** What the guest began with and calls by this name. */
  readonly preopen: string | undefined;
  /** Names as they were when the guest last began to read them. */
  names: readonly string[] | undefined;
}

/** Whatever a guest has open. */
export type Descriptor = StreamDescriptor | FileDescriptor | DirectoryDescriptor;

/** Descriptors by number: 0 to 2 are the standard streams, preopened directories follow. */
export class Descriptors {
  readonly #open: (Descriptor | undefined)[] = [
    stream("input", INPUT_RIGHTS),
    stream("output", OUTPUT_RIGHTS),
    stream("error", OUTPUT_RIGHTS),
  ];

  /** Descriptors of a guest that begins with these directories. */
  constructor(preopens: readonly WasiPreopen[] = []) {
    for (const { guest, write, tree } of preopens.slice(0, DESCRIPTOR_LIMIT / 2)) {
      this.#open.push({
        kind: "directory",
        tree,
        path: "",
        preopen: guest,
        names: undefined,
        ...preopenRights(write),
        flags: 0,
      });
    }
  }

  /** The descriptor, unless it is closed or was never there. */
  get(fd: number): Descriptor | undefined {
    return this.#open[fd >>> 0];
  }

  /** The descriptor of an open file, stream or directory; else `BADF`. */
  need(fd: number): Descriptor {
    return this.#open[fd >>> 0] ?? fail("BADF");
  }

  /** A directory that may be used for all of `rights`. */
  directory(fd: number, rights: number): DirectoryDescriptor {
    const descriptor = this.need(fd);
    if (descriptor.kind !== "directory") fail("NOTDIR");
    if ((descriptor.rights & rights) !== rights) fail("NOTCAPABLE");
    return descriptor;
  }

  /** Fails with `MFILE` when nothing more can be opened. */
  checkRoom(): void {
    this.#lowest();
  }

  /** The number of a new descriptor: the lowest that is free. */
  add(descriptor: Descriptor): number {
    const fd = this.#lowest();
    this.#open[fd] = descriptor;
    return fd;
  }

  #lowest(): number {
    const free = this.#open.indexOf(undefined);
    if (free >= 0) return free;
    return this.#open.length < DESCRIPTOR_LIMIT ? this.#open.length : fail("MFILE");
  }

  close(fd: number): void {
    const descriptor = this.need(fd);
    this.#open[fd >>> 0] = undefined;
    if (descriptor.kind === "file") descriptor.file.close();
  }

  /** Makes `to` mean what `from` means, and closes `from`; both are open. */
  renumber(from: number, to: number): void {
    const moved = this.need(from);
    this.need(to);
    if (from >>> 0 === to >>> 0) return;
    this.close(to);
    this.#open[to >>> 0] = moved;
    this.#open[from >>> 0] = undefined;
  }

  /** Open directories go where they were renamed to. */
  moved({ tree, path }: Start, to: string): void {
    for (const descriptor of this.#open) {
      if (descriptor?.kind !== "directory" || descriptor.tree !== tree) continue;
      if (descriptor.path === path) descriptor.path = to;
      else if (descriptor.path.startsWith(`${path}/`)) {
        descriptor.path = to + descriptor.path.slice(path.length);
      }
    }
  }

  /** How everything stands now: the function given back makes it so again, but for closed files. */
  checkpoint(): () => void {
    const open = [...this.#open];
    const states = open.map((descriptor) => descriptor && { ...descriptor });
    return () => {
      this.#open.splice(0, this.#open.length, ...open);
      for (const [fd, descriptor] of open.entries()) {
        if (descriptor !== undefined) Object.assign(descriptor, states[fd]);
      }
    };
  }

  /** Closes every file. */
  end(): void {
    for (const [fd, descriptor] of this.#open.entries()) {
      if (descriptor === undefined) continue;
      try {
        this.close(fd);
      } catch (error) {
        // whoever took the directory back has closed it
        if (!(error instanceof WasiError)) throw error;
      }
    }
  }
}

function stream(name: StreamDescriptor["stream"], rights: number): StreamDescriptor {
  return { kind: "stream", stream: name, rights, inheriting: 0, flags: 0 };
}
