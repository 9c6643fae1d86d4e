/** Runs the command inside this process, with streams that are kept. @module */

import { type Io, main } from "../../cli/main.ts";

/** What one run of the command did. */
export interface Captured {
  readonly code: number;
  /** Standard output as it was written. */
  readonly bytes: Uint8Array;
  readonly out: string;
  readonly err: string;
}

/** What differs from a run without terminal, input and user. */
export interface CaptureOptions {
  readonly input?: ReadableStream<Uint8Array>;
  readonly terminal?: boolean;
  /** What a person types, a line each; makes standard input a terminal. */
  readonly typed?: readonly string[];
  /** Milliseconds that person takes for a line. */
  readonly typingMs?: number;
  readonly noColor?: boolean;
  /** Milliseconds after which the user interrupts. */
  readonly interruptAfter?: number;
}

/** Runs `airlock ...args`. Standard input throws unless it is given. */
export async function capture(
  args: readonly string[],
  { input, terminal = false, typed, typingMs = 200, noColor = false, interruptAfter }:
    CaptureOptions = {},
): Promise<Captured> {
  const written: Uint8Array<ArrayBuffer>[] = [];
  let err = "";
  const timers: ReturnType<typeof setTimeout>[] = [];
  const lines = [...typed ?? []];
  const readLine = async () => {
    await new Promise((resolve) => setTimeout(resolve, typingMs));
    return lines.shift();
  };
  const io: Io = {
    ...typed ? { readLine } : {},
    out: (bytes) => Promise.resolve(void written.push(bytes.slice())),
    err: (text) => void (err += text),
    get input() {
      if (input) return input;
      throw new Error("standard input was read without being asked for");
    },
    outIsTerminal: terminal,
    errIsTerminal: terminal,
    noColor,
    onInterrupt(listener) {
      if (interruptAfter !== undefined) timers.push(setTimeout(listener, interruptAfter));
      return () => timers.forEach((timer) => clearTimeout(timer));
    },
  };
  const code = await main(args, io);
  const bytes = new Uint8Array(await new Blob(written).arrayBuffer());
  return { code, bytes, out: new TextDecoder().decode(bytes), err };
}
