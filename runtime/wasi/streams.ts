/** Where bytes that a guest prints go: out by line, or into a buffer that the host takes. @module */

import { Fault } from "../errors.ts";

/** Takes bytes. What is handed to `write` is a view of guest memory: it is copied or forgotten. */
export interface ByteSink {
  /** Whether guests should see a terminal there: C libraries then flush at each line end. */
  readonly terminal: boolean;
  write(bytes: Uint8Array): void;
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
    write(bytes) {
      for (let at = 0; at < bytes.length;) {
        const newline = bytes.indexOf(NEWLINE, at);
        const end = newline < 0 ? bytes.length : newline;
        const room = Math.min(end, at + LINE_LIMIT - length);
        keep(bytes.subarray(at, room));
        at = room;
        if (at === newline) {
          at++;
          emitKept();
        } else if (length === LINE_LIMIT) {
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

/** A sink that keeps at most `limit` bytes; more is a `payload-limit` fault. */
export function captureSink(limit: number): CaptureSink {
  let chunks: Uint8Array[] = [];
  let size = 0;
  return {
    terminal: false,
    write(bytes) {
      if (size + bytes.length > limit) {
        throw new Fault("payload-limit", `its output has more than ${limit} bytes`);
      }
      size += bytes.length;
      chunks.push(bytes.slice());
    },
    flush() {},
    take() {
      const all = new Uint8Array(size);
      let at = 0;
      for (const chunk of chunks) {
        all.set(chunk, at);
        at += chunk.length;
      }
      chunks = [];
      size = 0;
      return all;
    },
  };
}
