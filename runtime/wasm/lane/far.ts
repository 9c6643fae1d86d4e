/** What a guest's convention finds in a lane in place of the host's own objects: each asks or tells the host. @module */

import type { OperationArgs } from "../../../capabilities/capability.ts";
import type { HostCalls, SurfaceOperation } from "../../../capabilities/host_calls.ts";
import { operationOf, type RawValue } from "../../../capabilities/raw_import.ts";
import type { Refusal } from "../../../capabilities/errors.ts";
import type { HostValue } from "../../../capabilities/capability.ts";
import { valueBytes } from "../../../capabilities/byte_size.ts";
import type {
  ExtismBlocks,
  GuestOutput,
  HostFunction,
  HostFunctionOrigin,
  HostFunctions,
  Payload,
} from "../../contract.ts";
import { Fault } from "../../errors.ts";
import type { GuestMemory } from "../../memory.ts";
import type { WasiPowers } from "../../wasi/contract.ts";
import type { HostFunction as Import, ImportTable } from "../abi/contract.ts";
import type { LiveGuest } from "../guest.ts";
import type { Questions } from "./questions.ts";
import type {
  BlocksAnswer,
  FilledAnswer,
  FunctionInput,
  KnownFunctions,
  LaneSetup,
  RawAnswer,
  RawShape,
} from "./wire.ts";

/** Capabilities whose operations answer nothing: the host is told, and the guest goes on. */
const TOLD: ReadonlySet<string> = new Set(["log", "events"]);

/** The door of the guest in this lane. */
export function farHostCalls(
  questions: Questions,
  surface: readonly SurfaceOperation[],
  trees: ReadonlyMap<string, () => HostValue>,
  spend: () => void,
): HostCalls {
  const told = new Set(
    surface.filter(({ capability, sync }) => sync && TOLD.has(capability))
      .map(({ capability, operation }) => `${capability}.${operation}`),
  );
  return {
    surface,
    call: (operation, args) =>
      questions.ask(
        { kind: "operation", operation, args: sendable(args), waits: true },
      ) as Promise<HostValue>,
    has: (operation) => trees.has(operation),
    callSync(operation, args) {
      const known = trees.get(operation);
      if (known !== undefined) return known();
      if (operation.endsWith(".wasi_close")) {
        questions.tell({ kind: "operation", operation, args: sendable(args) }, 0);
        return undefined;
      }
      if (!told.has(operation)) return askOperation(questions, operation, args);
      const cost = valueBytes(args, Number.MAX_SAFE_INTEGER);
      if (questions.tell({ kind: "operation", operation, args: sendable(args) }, cost)) spend();
      return undefined;
    },
    refused: (operation) =>
      questions.askNow({ kind: "refused", operation }, operation) as Refusal | undefined,
  };
}

/** An operation may fill a buffer of its caller, `into`: then the bytes come back, and go there. */
function askOperation(questions: Questions, operation: string, args: OperationArgs): HostValue {
  const { into } = args;
  if (!(into instanceof Uint8Array)) {
    const question = { kind: "operation", operation, args: sendable(args), waits: false } as const;
    return questions.askNow(question, operation) as HostValue;
  }
  const rest = sendable({ ...args, into: undefined });
  const fills = into.length;
  const question = { kind: "operation", operation, args: rest, waits: false, fills } as const;
  const answer = questions.askNow(question, operation) as FilledAnswer;
  into.set(answer.into);
  return answer.value;
}

/** A view is cloned with all that it is a view of: a part of a buffer is copied first. */
function sendable(args: OperationArgs): OperationArgs {
  const parts = Object.entries(args).filter(([, value]) =>
    value instanceof Uint8Array && value.byteLength < value.buffer.byteLength
  );
  if (parts.length === 0) return args;
  return { ...args, ...Object.fromEntries(parts.map(([k, v]) => [k, (v as Uint8Array).slice()])) };
}

type FarFunction = HostFunction<HostFunctionOrigin>;

/** The embedder's functions, as the host listed them last. */
export class FarFunctions implements HostFunctions {
  readonly waits = true;
  readonly version = 0;
  readonly #questions: Questions;
  #known: KnownFunctions = [];

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  /** From now on these are there. */
  learn(known: KnownFunctions): void {
    this.#known = known;
  }

  find(key: string): FarFunction | undefined {
    if (this.#known === undefined) return this.#far(key, false);
    const found = this.#known.find(({ name }) => name === key);
    return found && this.#far(key, found.takesBlocks);
  }

  list(): readonly FarFunction[] | undefined {
    return this.#known?.map(({ name, takesBlocks }) => this.#far(name, takesBlocks));
  }

  #far(key: string, takesBlocks: boolean): FarFunction {
    const ask = (input: FunctionInput, { operation, namespace, binding }: HostFunctionOrigin) => {
      const names = { operation, namespace, binding };
      return this.#questions.ask({ kind: "function", key, names, input });
    };
    return {
      name: key,
      waits: true,
      run: (payload, context) =>
        ask({ form: "bytes", payload: payload.slice() }, context) as Promise<Payload | void>,
      ...takesBlocks
        ? {
          extism: async (blocks, args) => {
            const input = { form: "blocks", args, blocks: named(blocks, args) } as const;
            return settle(blocks, await ask(input, blocks.context) as BlocksAnswer);
          },
        }
        : {},
    };
  }
}

/** The blocks that `args` name; a number may be a number, too. */
function named(
  blocks: ExtismBlocks,
  args: readonly (bigint | number)[],
): readonly (readonly [bigint, Uint8Array])[] {
  return args.flatMap((arg) => {
    if (typeof arg !== "bigint") return [];
    try {
      return [[arg, blocks.read(arg)] as const];
    } catch (error) {
      if (error instanceof Fault && error.code === "bad-guest-data") return [];
      throw error;
    }
  });
}

/** Does to the blocks what the function did, and gives what it gave. */
function settle(
  blocks: ExtismBlocks,
  { answer, stored, freed }: BlocksAnswer,
): bigint | number | Payload | undefined {
  const handles = new Map(stored.map(([stand, content]) => [stand, blocks.store(content)]));
  for (const handle of freed) blocks.free(handles.get(handle) ?? handle);
  return typeof answer === "bigint" ? handles.get(answer) ?? answer : answer;
}

/** Clocks and randomness: the thread's own, but where they are the operator's. */
export function farPowers(
  questions: Questions,
  own: WasiPowers,
  { random, clock }: LaneSetup["asksPowers"],
): WasiPowers {
  const time = (which: "now" | "monotonic") => () =>
    questions.askNow({ kind: "clock", clock: which }, "clock") as number;
  return {
    ...own,
    now: clock ? time("now") : own.now,
    monotonic: clock ? time("monotonic") : own.monotonic,
    randomFill: random
      ? (bytes) => {
        const { length } = bytes;
        bytes.set(questions.askNow({ kind: "random", length }, "random") as Uint8Array);
      }
      : own.randomFill,
  };
}

/** Where the guest prints. */
export function farOutput(questions: Questions, streams: LaneSetup["streams"]): GuestOutput {
  const line = (stream: "stdout" | "stderr") => (line: string) =>
    questions.tell({ kind: "line", stream, line }, line.length);
  const bytes = (stream: "stdout" | "stderr") => (bytes: Uint8Array) =>
    questions.tell({ kind: "bytes", stream, bytes }, bytes.length);
  return {
    stdout: line("stdout"),
    stderr: line("stderr"),
    streams: {
      ...streams.stdout ? { stdout: bytes("stdout") } : {},
      ...streams.stderr ? { stderr: bytes("stderr") } : {},
      ...streams.stdin
        ? {
          stdin(into) {
            const { length } = into;
            const read = questions.askNow({ kind: "stdin", length }, "stdin") as Uint8Array;
            into.set(read);
            return read.length;
          },
        }
        : {},
    },
  };
}

/**
 * Raw imports of capabilities: they work on the guest's memory, so the host gets a copy of it, and
 * what it writes is written here.
 */
export function farRawTable(questions: Questions, raw: readonly RawShape[]) {
  return (guest: LiveGuest, memory: GuestMemory): ImportTable => {
    const table: Record<string, Record<string, Import>> = Object.create(null);
    for (const { module, name, params, results } of raw) {
      const functions: Record<string, Import> = table[module] ??= Object.create(null);
      functions[name] = {
        type: `(${params.join(", ")})` + (results.length === 0 ? "" : ` -> ${results.join()}`),
        async wait(signal: AbortSignal, ...args: RawValue[]) {
          guest.tick(memory.size / COPIED_PER_TICK);
          const answer = await questions.ask({
            ...{ kind: "raw", module, name, args } as const,
            memory: memory.read(0, memory.size),
          }) as RawAnswer;
          signal.throwIfAborted();
          const what = `memory for "${operationOf(module, name)}"`;
          for (const [ptr, bytes] of answer.writes) memory.write(ptr, bytes, what);
          return answer.value;
        },
      };
    }
    return table;
  };
}

/** Bytes that cost as much to copy as one tick of host work. */
const COPIED_PER_TICK = 4096;
