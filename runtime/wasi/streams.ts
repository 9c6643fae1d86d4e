/** Where bytes that a guest prints go: out by line, or into a buffer that the host takes. @module */

import { Fault } from "../errors.ts";
import type { GuestMemory } from "../memory.ts";

/** Charges the guest for host work, and ends it when its time is up. */
export type Tick = (cost: number) => void;

/** Takes bytes. What is handed to `write` is a view of guest memory: it is copied or forgotten. */
export interface ByteSink {
  /** Whether guests should see a terminal there: C libraries then flush at each line end. */
  readonly terminal: boolean;
  write(bytes: Uint8Array, tick?: Tick): void;
  /** The same for a range of a guest's memory, where no view of it has to be made. */
  append?(memory: GuestMemory, ptr: number, length: number, tick: Tick): void;
  /** Hands on what is kept back. */
  flush(): void;
}

/** Longest line, in bytes: a guest that never ends a line must not fill the host's memory. */
export const LINE_LIMIT: number = 16 * 1024;

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

/** A sink that calls `emit` with each complete line, without its end; longer ones are cut in pieces. */
export function lineSink(emit: (line: string) => void): ByteSink {
  const decoder = new TextDecoder();
  let kept: Uint8Array = new Uint8Array(0);
  let length = 0;

  function keep(part: Uint8Array): void {
    if (length + part.length > kept.length) {
      const larger = new Uint8Array(
        Math.min(LINE_LIMIT, Math.max(256, (length + part.length) * 2)),
      );
      larger.set(kept.subarray(0, length));
      kept = larger;
    }
    kept.set(part, length);
    length += part.length;
  }

  function emitKept(): void {
    const end = length > 0 && kept[length - 1] === CARRIAGE_RETURN ? length - 1 : length;
    const line = decoder.decode(kept.subarray(0, end));
    length = 0;
    emit(line);
  }

  return {
    terminal: true,
    write(bytes, tick = () => {}) {
      for (let at = 0; at < bytes.length;) {
        const newline = bytes.indexOf(NEWLINE, at);
        const end = newline < 0 ? bytes.length : newline;
        const room = Math.min(end, at + LINE_LIMIT - length);
        keep(bytes.subarray(at, room));
        at = room;
        if (at === newline) {
          at++;
          // A megabyte of empty lines is a million calls.
          tick(1);
          emitKept();
        } else if (length === LINE_LIMIT) {
          tick(1);
          emitKept();
        }
      }
    },
    flush() {
      if (length > 0) emitKept();
    },
  };
}

/** A sink that hands copies on at once. */
export function byteSink(emit: (bytes: Uint8Array) => void): ByteSink {
  return { terminal: false, write: (bytes) => emit(bytes.slice()), flush() {} };
}

/** A {@linkcode ByteSink} that keeps everything. */
export interface CaptureSink extends ByteSink {
  /** Everything written so far, as the taker's own; the sink is empty afterwards. */
  take(): Uint8Array<ArrayBuffer>;
}

/** Room that a sink begins with. */
const FIRST_ROOM = 1024;

/** A sink that keeps at most `limit` bytes; more is a `payload-limit` fault. */
export function captureSink(limit: number): CaptureSink {
  let kept: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  let size = 0;

  /** Makes room for more, twice as much as there was: printing byte by byte costs no copy each. */
  function reserve(length: number): void {
    const needed = size + length;
    if (needed > limit) {
      throw new Fault("payload-limit", `its output has more than ${limit} bytes`);
    }
    if (needed <= kept.length) return;
    const larger = new Uint8Array(Math.min(limit, Math.max(needed, kept.length * 2, FIRST_ROOM)));
    larger.set(kept.subarray(0, size));
    kept = larger;
  }

  return {
    terminal: false,
    write(bytes) {
      reserve(bytes.length);
      kept.set(bytes, size);
      size += bytes.length;
    },
    append(memory, ptr, length) {
      reserve(length);
      memory.copy(ptr, length, kept, "a buffer", size);
      size += length;
    },
    flush() {},
    take() {
      const all = kept.slice(0, size);
      kept = new Uint8Array(0);
      size = 0;
      return all;
    },
  };
}
