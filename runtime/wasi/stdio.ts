/** What the three standard streams of a guest are connected to. @module */

import type { GuestMemory } from "../memory.ts";
import type { StreamDescriptor } from "./descriptors.ts";
import type { ByteSink, Tick } from "./streams.ts";

/** Fills the beginning of `into` with the next bytes of input; 0 at the end. It may block. */
export type ByteSource = (into: Uint8Array) => number;

/** Standard input, output and error of one guest. */
export class WasiStdio {
  #input: Uint8Array = new Uint8Array(0);
  #at = 0;
  #source: ByteSource | undefined;
  #sinks: { output: ByteSink; error: ByteSink };

  /** Streams with an empty input; what is printed goes to the sinks. */
  constructor(output: ByteSink, error: ByteSink) {
    this.#sinks = { output, error };
  }

  /** What standard input gives from now on. The bytes are read, not copied. */
  setInput(bytes: Uint8Array): void {
    this.#input = bytes;
    this.#at = 0;
  }

  /** Where standard input goes on when what was set is read. */
  setSource(source: ByteSource): void {
    this.#source = source;
  }

  /** Where standard input stands now: the function given back puts it there again. */
  checkpoint(): () => void {
    const at = this.#at;
    return () => void (this.#at = at);
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

  /** Whether a stream looks like a terminal to the guest. */
  isTerminal({ stream }: StreamDescriptor): boolean {
    return stream !== "input" && this.#sinks[stream].terminal;
  }

  /** Bytes of standard input that are there; 0 may also mean that nobody knows. */
  get available(): number {
    return this.#input.length - this.#at;
  }

  /** Whether standard input has ended for certain. */
  get ended(): boolean {
    return this.#source === undefined && this.available === 0;
  }

  /** Reads the next bytes of standard input into the beginning of `view`. */
  take(view: Uint8Array): number {
    if (this.available === 0 && this.#source !== undefined && view.length > 0) {
      // a view of its own: whoever fills it may keep it
      const read = new Uint8Array(view.length);
      const count = Math.min(this.#source(read), read.length);
      view.set(read.subarray(0, count));
      return count;
    }
    const bytes = this.#input.subarray(this.#at, this.#at + view.length);
    view.set(bytes);
    this.#at += bytes.length;
    return bytes.length;
  }

  /** Prints a range of a guest's memory that is known to be there. */
  append(
    stream: "output" | "error",
    memory: GuestMemory,
    ptr: number,
    length: number,
    tick: Tick,
  ): void {
    const sink = this.#sinks[stream];
    if (sink.append === undefined) sink.write(memory.view(ptr, length), tick);
    else sink.append(memory, ptr, length, tick);
  }

  /** Prints to standard output or error. */
  put(stream: "output" | "error", bytes: Uint8Array, tick: Tick): void {
    this.#sinks[stream].write(bytes, tick);
  }
}
