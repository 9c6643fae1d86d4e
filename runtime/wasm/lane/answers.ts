/** Answers what guests in lanes ask the host, and hears what they tell. The lane decides nothing. @module */

import { CapabilityError } from "../../../capabilities/errors.ts";
import { FileError } from "../../../capabilities/file_error.ts";
import type { HostCalls } from "../../../capabilities/host_calls.ts";
import { bindImport, type OfferedImport, type RawValue } from "../../../capabilities/raw_import.ts";
import type {
  Call,
  ExtismAnswer,
  ExtismBlocksOfCall,
  GuestOutput,
  HostFunction,
  HostFunctionOrigin,
  HostFunctions,
  Payload,
} from "../../contract.ts";
import { Fault } from "../../errors.ts";
import type { WasiPowers } from "../../wasi/contract.ts";
import { snapshotOf } from "./snapshot.ts";
import type { NearTrees } from "./trees.ts";
import type {
  BlocksAnswer,
  FilledAnswer,
  FunctionInput,
  KnownFunctions,
  News,
  Question,
  RawAnswer,
} from "./wire.ts";

/** What answers the lanes of one extension. */
export interface LaneHost {
  readonly calls: HostCalls;
  readonly functions: HostFunctions;
  readonly rawImports: readonly OfferedImport[];
  readonly powers: WasiPowers;
  readonly output: GuestOutput;
  readonly trees: NearTrees;
}

/** The call that a question belongs to. */
export interface Asking {
  readonly call: Call;
  /** Fires when the call is over. */
  readonly signal: AbortSignal;
}

/** What a lane has to know of the embedder's functions now. */
export function knownFunctions(functions: HostFunctions): KnownFunctions {
  return functions.list()?.map(({ name, extism }) => ({ name, takesBlocks: extism !== undefined }));
}

/** The answer to `question`; it may throw anything. */
export function answerOf(question: Question, host: LaneHost, asking: Asking): unknown {
  const { calls, powers } = host;
  const { call, signal } = asking;
  switch (question.kind) {
    case "operation":
      if (question.fills !== undefined) return fill(question, question.fills, calls, call);
      return question.waits
        ? calls.call(question.operation, question.args, { ...call, signal })
        : calls.callSync(question.operation, question.args, call);
    case "refused":
      return calls.refused?.(question.operation);
    case "function":
      return callFunction(question, host, asking);
    case "random": {
      const bytes = new Uint8Array(question.length);
      powers.randomFill(bytes);
      return bytes;
    }
    case "stdin": {
      const bytes = new Uint8Array(question.length);
      return bytes.subarray(0, host.output.streams?.stdin?.(bytes) ?? 0);
    }
    case "tree":
      return host.trees.answer(question);
    case "clock":
      return powers[question.clock]();
    case "raw":
      return callRaw(question, host, asking);
  }
}

function fill(
  { operation, args }: Question & { readonly kind: "operation" },
  length: number,
  calls: HostCalls,
  call: Call,
): FilledAnswer {
  const into = new Uint8Array(length);
  const value = calls.callSync(operation, { ...args, into }, call);
  const filled = typeof value === "number" ? Math.min(value, length) : length;
  return { value, into: filled < length ? into.slice(0, filled) : into };
}

/** Takes what a lane tells; throws what the guest's call is to end with. */
export function hear(news: News, { calls, output, trees }: LaneHost, call: Call): void {
  switch (news.kind) {
    case "operation":
      if (isClosing(news.operation)) return close(() => calls.callSync(news.operation, news.args));
      calls.callSync(news.operation, news.args, call);
      return;
    case "tree":
      return close(() => trees.answer(news));
    case "line":
      return output[news.stream](news.line);
    case "bytes":
      return output.streams?.[news.stream]?.(news.bytes);
  }
}

/** Lets go of something, which is not counted; whoever took it back has closed it. */
function close(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    const isGone = error instanceof FileError || error instanceof CapabilityError ||
      error instanceof TypeError;
    if (!isGone) throw error;
  }
}

/** Whether an operation lets go of a file that a WASI program had open. */
function isClosing(operation: string): boolean {
  return operation.endsWith(".wasi_close");
}

function callFunction(
  { key, names, input }: Question & { readonly kind: "function" },
  { functions }: LaneHost,
  { call, signal }: Asking,
): unknown {
  const { chain, budget, deadline, hostContext } = call;
  // The lane has counted it, too: there it is known before it comes here.
  budget.operations--;
  const found = functions.find(key);
  if (found === undefined) throw new TypeError(`no handler registered for operation '${key}'`);
  const extension = chain.at(-1) ?? "";
  const context: HostFunctionOrigin = { ...names, extension, chain, signal, deadline, hostContext };
  return input.form === "bytes"
    ? declared(found, found.run(input.payload, context), context)
    : callWithBlocks(found, input, context);
}

/** A function that answers with a promise has said so: the same one would fail inline. */
function declared<T>(
  { waits, extism }: HostFunction<HostFunctionOrigin>,
  answer: T,
  { operation }: HostFunctionOrigin,
): T {
  if (waits || !(answer instanceof Promise)) return answer;
  // Nobody waits for it; without this its rejection would end the process.
  answer.catch(() => {});
  if (extism === undefined) {
    throw new TypeError(
      `operation '${operation}' answers with a promise and is not declared async`,
    );
  }
  throw new Fault(
    "unsupported",
    `"${operation}" answers with a promise and is not declared async`,
  );
}

async function callWithBlocks(
  found: HostFunction<HostFunctionOrigin>,
  { args, blocks: lent }: FunctionInput & { readonly form: "blocks" },
  context: HostFunctionOrigin,
): Promise<BlocksAnswer> {
  const { blocks, stored, freed, end } = lend(lent, context);
  const { signal } = context;
  signal?.addEventListener("abort", end, { once: true });
  try {
    const given: ExtismAnswer | Promise<ExtismAnswer> = found.extism?.(blocks, args);
    const answer = await declared(found, given, context);
    return { answer: answer as BlocksAnswer["answer"], stored, freed };
  } finally {
    end();
    signal?.removeEventListener("abort", end);
  }
}

/** Handles that stand for new blocks, far above any that a store gives. */
const FIRST_STAND = 1n << 62n;

/** Blocks that are elsewhere: those that were sent along can be read, new ones are sent back. */
function lend(lent: readonly (readonly [bigint, Uint8Array])[], context: HostFunctionOrigin) {
  const known = new Map<bigint, Payload>(lent);
  const stored: (readonly [bigint, Payload])[] = [];
  const freed: bigint[] = [];
  let open = true;
  const check = () => {
    if (!open) throw new Fault("closed", "the call that these blocks belong to is over");
  };
  const contentOf = (handle: bigint): Payload => {
    check();
    const content = known.get(handle);
    if (content !== undefined) return content;
    throw new Fault(
      "bad-guest-data",
      `a block for a host function at 0x${
        BigInt.asUintN(64, handle).toString(16)
      } lies in no block that was handed over`,
    );
  };
  const blocks = Object.freeze<ExtismBlocksOfCall<HostFunctionOrigin>>({
    context,
    read(handle) {
      const content = contentOf(handle);
      return typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
    },
    text(handle) {
      const content = contentOf(handle);
      if (typeof content === "string") return content;
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
      } catch (cause) {
        throw new Fault("bad-guest-data", "a block for a host function is not UTF-8", { cause });
      }
    },
    store(content) {
      check();
      const handle = FIRST_STAND + BigInt(stored.length);
      const own = typeof content === "string" ? content : content.slice();
      stored.push([handle, own]);
      known.set(handle, own);
      return handle;
    },
    free(handle) {
      check();
      known.delete(handle);
      freed.push(handle);
    },
  });
  return { blocks, stored, freed, end: () => void (open = false) };
}

async function callRaw(
  { module, name, args, memory }: Question & { readonly kind: "raw" },
  { rawImports, calls }: LaneHost,
  { call, signal }: Asking,
): Promise<RawAnswer> {
  const offered = rawImports.find((one) => one.module === module && one.name === name);
  if (offered === undefined) throw new Fault("unsupported", `nobody offers "${module}.${name}"`);
  const snapshot = snapshotOf(memory);
  const { run, wait } = bindImport(offered, calls, snapshot, () => call);
  const own = args as RawValue[];
  const value = wait ? await wait(signal, ...own) : run?.(...own);
  return { value: value ?? undefined, writes: snapshot.writes };
}
