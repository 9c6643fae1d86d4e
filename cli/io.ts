/** What the command has of its process: streams, whether they are terminals, and interrupts. @module */

/** The world around one run of the command; tests hand in their own. */
export interface Io {
  /** Writes all of `bytes` to standard output. */
  out(bytes: Uint8Array): Promise<void>;
  /** Writes `text` to standard error. */
  err(text: string): void;
  /** Writes all of `bytes` to standard output before it returns; absent where that cannot be done. */
  readonly outNow?: (bytes: Uint8Array) => void;
  /** Standard input; read only when the user asks for it. */
  readonly input: ReadableStream<Uint8Array>;
  /** Waits for more of standard input without letting anything else run; 0 at its end. */
  readonly readNow?: (into: Uint8Array) => number;
  /**
   * One line of what a person types, without its end; `undefined` at the end of input. Absent where
   * standard input is no terminal.
   */
  readonly readLine?: () => Promise<string | undefined>;
  /** Whether standard input is a person; absent = no. */
  readonly inputIsTerminal?: boolean;
  /** Whether a person sees standard output. */
  readonly outIsTerminal: boolean;
  /** Whether a person sees standard error. */
  readonly errIsTerminal: boolean;
  /** The user wants no colour anywhere. */
  readonly noColor: boolean;
  /** Calls `listener` once somebody ends the program: Ctrl-C, or a plain kill. The result ends that. */
  onInterrupt(listener: () => void): () => void;
}

/**
 * The streams of this process.
 *
 * @example
 * ```ts
 * import { processIo } from "@airlock/host/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(typeof processIo().errIsTerminal, "boolean");
 * ```
 */
export function processIo(): Io {
  return {
    // at once, so that what one call writes stands before what the next one does
    // deno-lint-ignore require-await
    async out(bytes) {
      writeNow(bytes);
    },
    outNow: writeNow,
    readNow: (into) => Deno.stdin.readSync(into) ?? 0,
    err(text) {
      let rest = new TextEncoder().encode(text);
      while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
    },
    // not touched before it is asked for: an open standard input would keep the process alive
    get input() {
      return Deno.stdin.readable;
    },
    ...Deno.stdin.isTerminal() ? { readLine: typedLine } : {},
    inputIsTerminal: Deno.stdin.isTerminal(),
    outIsTerminal: Deno.stdout.isTerminal(),
    errIsTerminal: Deno.stderr.isTerminal(),
    noColor: Deno.noColor,
    onInterrupt(listener) {
      let heard: ReturnType<typeof setTimeout> | undefined;
      const stop = () => {
        clearTimeout(heard);
        for (const signal of ENDING) Deno.removeSignalListener(signal, hear);
      };
      const hear = () => {
        if (heard !== undefined) return;
        // a second interrupt ends the process as if nobody listened
        heard = setTimeout(stop, ONE_INTERRUPT_MS);
        Deno.unrefTimer(heard);
        listener();
      };
      for (const signal of ENDING) Deno.addSignalListener(signal, hear);
      return stop;
    },
  };
}

/** What asks a program to end; Windows has only the first. */
const ENDING: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** One Ctrl-C may come twice within this: from the terminal, and from `deno task`, which hands it on. */
const ONE_INTERRUPT_MS = 500;

function writeNow(bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

/** Longest line a terminal hands over at once. */
const LINE_BYTES = 4096;

/** A terminal gives one line at each reading. */
async function typedLine(): Promise<string | undefined> {
  const buffer = new Uint8Array(LINE_BYTES);
  const size = await Deno.stdin.read(buffer);
  if (size === null) return undefined;
  return new TextDecoder().decode(buffer.subarray(0, size)).replace(/\r?\n$/, "");
}

/** Writes `text` to standard output. */
export function print(io: Io, text: string): Promise<void> {
  return io.out(new TextEncoder().encode(text));
}

/** Characters that JSON leaves as they are and a terminal does not. */
const UNSHOWN = /[^\P{Cc}\n]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Writes `value` to standard output as one JSON document that is safe to look at. */
export function printJson(io: Io, value: unknown): Promise<void> {
  return print(io, `${shown(JSON.stringify(value, null, 2))}\n`);
}

/** The same on one line: one of many documents. */
export function printJsonLine(io: Io, value: unknown): Promise<void> {
  return print(io, `${shown(JSON.stringify(value))}\n`);
}

function shown(json: string): string {
  return json.replace(UNSHOWN, (char) => {
    let escaped = "";
    for (let at = 0; at < char.length; at++) {
      escaped += `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`;
    }
    return escaped;
  });
}
