/** Loads scripts into a JavaScript engine without a host: files in memory, operations by hand. @module */

import type { HostValue, OperationArgs } from "../../../capabilities/capability.ts";
import type {
  HostCallOptions,
  HostCalls,
  SurfaceOperation,
} from "../../../capabilities/host_calls.ts";
import { parseManifest } from "../../../manifest/mod.ts";
import type { Call, Module, Runtime } from "../../../runtime/contract.ts";
import { Fault } from "../../../runtime/errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../runtime/limits.ts";
import { memorySource } from "./memory_source.ts";

/** Operations that guests of these tests may ask for. */
export interface FakeHost extends HostCalls {
  /** Every operation asked for that waits, with its options. */
  readonly asked: { operation: string; args: OperationArgs; options: HostCallOptions }[];
  /** Lines of the log. */
  readonly lines: string[];
}

/** Answers `answer` to every operation of `test`. */
export function fakeHost(
  answer: (args: OperationArgs, operation: string, options: HostCallOptions) => unknown = (args) =>
    args.value,
): FakeHost {
  const asked: FakeHost["asked"] = [];
  const lines: string[] = [];
  const operation = (name: string, params: string[], sync = false): SurfaceOperation => {
    const at = name.lastIndexOf(".");
    return { capability: name.slice(0, at), operation: name.slice(at + 1), params, sync };
  };
  return {
    asked,
    lines,
    surface: [
      ...["debug", "info", "warn", "error"].map((level) =>
        operation(`log.${level}`, ["message"], true)
      ),
      operation("clock.now", [], true),
      operation("random.bytes", ["length"], true),
      operation("test.echo", ["value"]),
      operation("test.deep.echo", ["value"]),
    ],
    async call(name, args, options = {}) {
      asked.push({ operation: name, args, options });
      return await answer(args, name, options) as HostValue;
    },
    callSync(name, args) {
      lines.push(`${name} ${String(args.message)}`);
      return undefined;
    },
  };
}

/** What may differ between loads. */
export interface LoadWith {
  readonly host?: HostCalls;
  readonly limits?: Partial<Limits>;
  readonly entry?: string;
  readonly printed?: string[];
  readonly admitted?: () => void;
  readonly signal?: AbortSignal;
}

/** Loads one text, or several files. */
export function load(
  runtime: Runtime,
  files: string | { readonly [path: string]: string },
  { host = fakeHost(), limits, entry = "index.js", printed = [], admitted, signal }: LoadWith = {},
): Promise<Module> {
  const manifest = parseManifest(JSON.stringify({ name: "guest", runtime: "js" }), "test");
  return runtime.load({
    manifest,
    source: memorySource(typeof files === "string" ? { [entry]: files } : files, entry),
    limits: { ...DEFAULT_LIMITS, timeoutMs: 10_000, ...limits },
    config: { greeting: "hello", nested: { list: [1, 2] } },
    admit() {
      admitted?.();
      return Promise.resolve(host);
    },
    output: { stdout: (line) => printed.push(line), stderr: (line) => printed.push(line) },
    args: [],
    env: {},
    signal,
  });
}

/** A call that may take `ms`. */
export function within(ms: number, signal?: AbortSignal, chain: readonly string[] = []): Call {
  return { deadline: performance.now() + ms, signal, chain, budget: { operations: 100_000 } };
}

/** Calls with JSON in and out. */
export async function call(
  module: Module,
  fn: string,
  input: unknown = null,
  how: Call = within(10_000),
): Promise<unknown> {
  const bytes = await module.invoke(fn, JSON.stringify(input), how);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The code and the guest's own words of a call that must fail. */
export async function failure(
  run: () => unknown,
): Promise<{ readonly code: string; readonly guest: string }> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Fault) return { code: error.code, guest: error.guest };
    throw error;
  }
  throw new Error("it did not fail");
}

/** Waits a little. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Milliseconds of processor time that this process used while `ms` went by. */
export async function cpuDuring(ms: number): Promise<number> {
  const read = async () => {
    const [stat = ""] = (await Deno.readTextFile("/proc/self/stat")).split("\n");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  const before = await read();
  await pause(ms);
  return await read() - before;
}
