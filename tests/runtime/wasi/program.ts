/** System calls on a real memory of two pages, without an engine around them. @module */

import { Fault } from "../../../runtime/errors.ts";
import { GuestMemory } from "../../../runtime/memory.ts";
import type { WasiHost } from "../../../runtime/wasi/contract.ts";
import { wasiFunctions } from "../../../runtime/wasi/preview1.ts";
import { Descriptors } from "../../../runtime/wasi/descriptors.ts";
import { WasiStdio } from "../../../runtime/wasi/stdio.ts";
import { type CaptureSink, captureSink, lineSink } from "../../../runtime/wasi/streams.ts";

/** Bytes of the memory. */
export const MEMORY_BYTES: number = 2 * 65_536;

/** What every byte is before a test: one that was not meant to be written shows. */
export const UNTOUCHED = 63;

/** Pointers and lengths that no memory holds. */
export const BAD_POINTERS: readonly number[] = [MEMORY_BYTES - 1, -1, -4, 2 ** 31, 2 ** 32 - 1];

/** A program and everything it did. */
export interface TestProgram {
  readonly memory: GuestMemory;
  readonly stdio: WasiStdio;
  readonly descriptors: Descriptors;
  /** Lines of standard error. */
  readonly errors: string[];
  readonly output: CaptureSink;
  /** Milliseconds it slept, each time. */
  readonly slept: number[];
  /** Ticks it was charged. */
  ticks: number;
  /** Asks for a system call; its errno. */
  call(name: string, ...args: (number | bigint)[]): number;
  /** Writes a list of one buffer at 0, for reads and writes. */
  buffer(ptr: number, len: number): void;
}

/** A program that may be given other parts. */
export function program(parts: Partial<WasiHost> = {}): TestProgram {
  const raw = new WebAssembly.Memory({ initial: 2, maximum: 4 });
  new Uint8Array(raw.buffer).fill(UNTOUCHED);
  const memory = new GuestMemory();
  memory.attach(raw);
  const output = captureSink(100_000);
  const errors: string[] = [];
  const stdio = new WasiStdio(output, lineSink((line) => errors.push(line)));
  const slept: number[] = [];
  const descriptors = parts.descriptors ?? new Descriptors();
  const functions = wasiFunctions({
    memory,
    stdio,
    descriptors,
    args: ["program"],
    env: {},
    powers: {
      now: () => 1_700_000_000_123,
      monotonic: () => 12.5,
      randomFill: (bytes) => void bytes.fill(170),
    },
    sleep: (ms) => void slept.push(ms),
    tick: (cost) => void (result.ticks += cost),
    exit(status) {
      throw new Fault("guest-error", `${status}`);
    },
    ...parts,
  });
  const result: TestProgram = {
    memory,
    stdio,
    descriptors,
    errors,
    output,
    slept,
    ticks: 0,
    call(name, ...args) {
      const run = functions[name]?.run as undefined | ((...args: (number | bigint)[]) => number);
      if (run === undefined) throw new TypeError(`There is no system call "${name}"`);
      return run(...args);
    },
    buffer(ptr, len) {
      memory.setU32(0, ptr);
      memory.setU32(4, len);
    },
  };
  return result;
}
