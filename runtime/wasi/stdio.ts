/** The three standard streams of a guest and the descriptors that name them. @module */

import type { ByteSink } from "./streams.ts";

/** What a descriptor may still be used for, by bit of the specification's `rights`. */
export const RIGHT: {
  readonly FD_READ: bigint;
  readonly FD_FDSTAT_SET_FLAGS: bigint;
  readonly FD_WRITE: bigint;
  readonly FD_FILESTAT_GET: bigint;
  readonly POLL_FD_READWRITE: bigint;
} = {
  FD_READ: 1n << 1n,
  FD_FDSTAT_SET_FLAGS: 1n << 3n,
  FD_WRITE: 1n << 6n,
  FD_FILESTAT_GET: 1n << 21n,
  POLL_FD_READWRITE: 1n << 27n,
};

const COMMON_RIGHTS = RIGHT.FD_FDSTAT_SET_FLAGS | RIGHT.FD_FILESTAT_GET | RIGHT.POLL_FD_READWRITE;

/** An open standard stream. */
export interface Descriptor {
  readonly stream: "input" | "output" | "error";
  /** Can be lowered by the guest, never raised. */
  rights: bigint;
  /** The specification's `fdflags`. */
  flags: number;
}

/** Standard input, output and error of one guest. */
export class WasiStdio {
  #input: Uint8Array = new Uint8Array(0);
  #at = 0;
  #sinks: { output: ByteSink; error: ByteSink };
  /** The guest may close each of 0 to 2, and renumber one onto another; there are never more. */
  readonly #descriptors: (Descriptor | undefined)[] = [
    { stream: "input", rights: COMMON_RIGHTS | RIGHT.FD_READ, flags: 0 },
    { stream: "output", rights: COMMON_RIGHTS | RIGHT.FD_WRITE, flags: 0 },
    { stream: "error", rights: COMMON_RIGHTS | RIGHT.FD_WRITE, flags: 0 },
  ];

  /** Streams with an empty input; what is printed goes to the sinks. */
  constructor(output: ByteSink, error: ByteSink) {
    this.#sinks = { output, error };
  }

  /** What standard input gives from now on. The bytes are read, not copied. */
  setInput(bytes: Uint8Array): void {
    this.#input = bytes;
    this.#at = 0;
  }

  /** Sends standard output elsewhere from now on. */
  setOutput(sink: ByteSink): void {
    this.#sinks.output = sink;
  }

  /** Hands on what the sinks keep back. */
  flush(): void {
    this.#sinks.output.flush();
    this.#sinks.error.flush();
  }

  /** The descriptor `fd`, unless it is closed or was never there. */
  get(fd: number): Descriptor | undefined {
    return this.#descriptors[fd >>> 0];
  }

  close(fd: number): void {
    this.#descriptors[fd >>> 0] = undefined;
  }

  /** Makes `to` mean what `from` means, and closes `from`; both are open. */
  renumber(from: number, to: number): void {
    if (from >>> 0 === to >>> 0) return;
    this.#descriptors[to >>> 0] = this.#descriptors[from >>> 0];
    this.#descriptors[from >>> 0] = undefined;
  }

  /** Whether a descriptor looks like a terminal to the guest. */
  isTerminal({ stream }: Descriptor): boolean {
    return stream !== "input" && this.#sinks[stream].terminal;
  }

  /** Bytes of standard input that are left. */
  get available(): number {
    return this.#input.length - this.#at;
  }

  /** The next bytes of standard input, at most `count`. */
  take(count: number): Uint8Array {
    const bytes = this.#input.subarray(this.#at, this.#at + count);
    this.#at += bytes.length;
    return bytes;
  }

  /** Prints to standard output or error. */
  put(stream: "output" | "error", bytes: Uint8Array): void {
    this.#sinks[stream].write(bytes);
  }
}
