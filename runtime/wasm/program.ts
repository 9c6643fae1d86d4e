/** A guest as a WASI program: its arguments, environment and streams. @module */

import type { GuestOutput } from "../contract.ts";
import { Descriptors } from "../wasi/descriptors.ts";
import type { WasiPreopen } from "../wasi/files.ts";
import { WasiStdio } from "../wasi/stdio.ts";
import { byteSink, type CaptureSink, captureSink, lineSink } from "../wasi/streams.ts";
import type { GuestProgram } from "./abi/contract.ts";

/** What one guest's system calls see of it. */
export class Program implements GuestProgram {
  #args: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly #output: GuestOutput;
  #descriptors: Descriptors | undefined;
  #stdio: WasiStdio | undefined;
  #asksHost = false;
  #captured: CaptureSink | undefined;

  /** A program with an empty input that prints to `output` by line. */
  constructor(
    args: readonly string[],
    env: { readonly [name: string]: string },
    output: GuestOutput,
  ) {
    this.#args = args;
    this.env = env;
    this.#output = output;
    this.#asksHost = output.streams?.stdin !== undefined;
  }

  /** Its streams. Most guests never print: they are made when somebody asks for them. */
  get stdio(): WasiStdio {
    return this.#stdio ??= stdioOf(this.#output);
  }

  /** What it has open. */
  get descriptors(): Descriptors {
    return this.#descriptors ??= new Descriptors();
  }

  /** Gives it directories, before it runs. */
  preopen(preopens: readonly WasiPreopen[]): void {
    this.#descriptors = new Descriptors(preopens);
    if (preopens.length > 0) this.#asksHost = true;
  }

  /**
   * How its descriptors stand now, for a system call that may have to begin again; `undefined` where
   * none of them asks the host.
   */
  checkpoint(): (() => void) | undefined {
    if (!this.#asksHost) return undefined;
    const undo = [this.descriptors.checkpoint(), this.stdio.checkpoint()];
    return () => undo.forEach((one) => one());
  }

  /** Closes what it has open; it runs no more. */
  end(): void {
    this.#descriptors?.end();
  }

  /** Program arguments, the program's name first. */
  get args(): readonly string[] {
    return this.#args;
  }

  setArgs(args: readonly string[]): void {
    this.#args = args;
  }

  setInput(bytes: Uint8Array): void {
    this.stdio.setInput(bytes);
  }

  captureOutput(limit: number): () => Uint8Array {
    if (this.#output.streams?.stdout !== undefined) return () => new Uint8Array(0);
    const sink = captureSink(limit);
    this.#captured = sink;
    this.stdio.setOutput(sink);
    return () => sink.take();
  }

  /** Hands out what the guest printed without ending the line, and what nobody took as a result. */
  flush(): void {
    this.#stdio?.flush();
    const left = this.#captured?.take().subarray(0, RELEASED_BYTES);
    if (left === undefined || left.length === 0) return;
    let lines = 0;
    const sink = lineSink((line) => {
      if (lines++ < RELEASED_LINES) this.#output.stdout(line);
    });
    sink.write(left);
    sink.flush();
  }
}

function stdioOf({ stdout, stderr, streams = {} }: GuestOutput): WasiStdio {
  const stdio = new WasiStdio(
    streams.stdout === undefined ? lineSink((line) => stdout(line)) : byteSink(streams.stdout),
    streams.stderr === undefined ? lineSink((line) => stderr(line)) : byteSink(streams.stderr),
  );
  if (streams.stdin !== undefined) stdio.setSource(streams.stdin);
  return stdio;
}

/** Most bytes of a failed program's output that are told: a giant result is no log. */
const RELEASED_BYTES = 64 * 1024;
/** The same for lines: nobody stops the host while it tells them. */
const RELEASED_LINES = 1_024;
