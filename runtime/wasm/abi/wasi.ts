/**
 * Plain WASI programs as extensions: the payload is standard input, the result standard output.
 *
 * ```text
 * command  (exports _start):      a fresh instance a call; argv = name, function unless "_start", args
 * reactor  (exports _initialize): the same, but the function is an export that takes nothing
 * status 0 or no status: the output is the result; any other status: guest-error
 * ```
 *
 * @module
 */

import { Fault } from "../../errors.ts";
import {
  type Abi,
  type AbiEnvironment,
  type Guest,
  type GuestFunction,
  LIFECYCLE_EXPORTS,
  type ModuleShape,
  type Payload,
  type Session,
} from "./contract.ts";

const COMMAND = "_start";
const REACTOR = "_initialize";
const WASI = "wasi_snapshot_preview1";

/** The `wasi` convention. */
export const wasiAbi: Abi = Object.freeze<Abi>({
  name: "wasi",
  instances: "fresh",
  looksFor: `the export "${COMMAND}", or "${REACTOR}" and imports from "${WASI}"`,
  fallback: true,
  detect(shape) {
    if (isCommand(shape)) return `it exports "${COMMAND}"`;
    const usesWasi = shape.imports.some(({ module }) => module === WASI);
    return usesWasi && exportsFunction(shape, REACTOR)
      ? `it exports "${REACTOR}" and imports from "${WASI}"`
      : undefined;
  },
  requires: [],
  operation: undefined,
  reserved: LIFECYCLE_EXPORTS,
  // `_start` is the call itself.
  starts: false,
  problems: (shape) =>
    isCommand(shape) || exportsFunction(shape, REACTOR)
      ? []
      : [`it exports neither "${COMMAND}" nor "${REACTOR}"`],
  bind,
});

function isCommand(shape: ModuleShape): boolean {
  return exportsFunction(shape, COMMAND);
}

function exportsFunction({ exports }: ModuleShape, wanted: string): boolean {
  return exports.some(({ name, kind }) => name === wanted && kind === "function");
}

const encoder = new TextEncoder();
/** What an export of a reactor may look like; one that gives a number gives its status. */
const OPERATIONS: readonly (string | undefined)[] = ["()", "() -> i32", undefined];

function bind(guest: Guest, { shape, limits, unknownFunction }: AbiEnvironment): Session {
  const { program } = guest;

  /** What one call runs. */
  function find(fn: string): GuestFunction {
    if (isCommand(shape)) {
      const command = guest.entry(COMMAND);
      if (command === undefined) throw unknownFunction(fn);
      const [programName = "", ...args] = program.args;
      program.setArgs([programName, ...fn === COMMAND ? [] : [fn], ...args]);
      return command;
    }
    const found = shape.exports.find(({ name }) => name === fn);
    const entry = LIFECYCLE_EXPORTS.includes(fn) ? undefined : guest.entry(fn);
    if (entry === undefined) throw unknownFunction(fn);
    if (!OPERATIONS.includes(found?.type)) {
      throw unknownFunction(fn, `its export "${fn}" is ${found?.type}, not () or () -> i32`);
    }
    return entry;
  }

  return {
    imports: {},
    start() {
      if (isCommand(shape)) return;
      const initialize = guest.entry(REACTOR);
      if (initialize === undefined) return;
      const status = guest.runToExit(initialize);
      return typeof status === "number" ? checkStatus(status) : status.then(checkStatus);
    },
    invoke(fn: string, payload: Payload) {
      const entry = find(fn);
      let returned: unknown;
      program.setInput(typeof payload === "string" ? encoder.encode(payload) : payload);
      const take = program.captureOutput(limits.payloadBytes);
      const status = guest.runToExit(() => {
        const result = entry();
        if (!guest.suspends) returned = result;
        else return Promise.resolve(result).then((value) => returned = value);
      });
      const finish = (exited: number) => {
        const failed = exited !== 0 ? exited : typeof returned === "number" ? returned >>> 0 : 0;
        checkStatus(failed);
        return take();
      };
      return typeof status === "number" ? finish(status) : status.then(finish);
    },
  };
}

function checkStatus(status: number): void {
  if (status === 0) return;
  throw new Fault("guest-error", `it exited with status ${status}`, { exitStatus: status });
}
