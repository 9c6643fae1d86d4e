/** WASM imports of an embedder's own, behind a capability: their types, their checks, their way to the door. @module */

import type { HostValue, Operation, OperationArgs, OperationContext } from "./capability.ts";
import { type Refusal, refusalError } from "./errors.ts";
import type { HostCallOptions, HostCalls } from "./host_calls.ts";

/** A value type of WebAssembly. */
export type RawType = "i32" | "i64" | "f32" | "f64";

/** What WebAssembly hands over and takes: `bigint` for i64, else `number`; an i32 is signed. */
export type RawValue = number | bigint;

/** The guest's memory; every access is checked, every reading a copy. Pointers may be negative i32s. */
export interface RawMemory {
  /** Bytes it has now. */
  readonly size: number;
  /** A copy of `len` bytes at `ptr`; outside of the memory ends the guest. */
  read(ptr: number, len: number): Uint8Array;
  /** The UTF-8 text of `len` bytes at `ptr`; what is none ends the guest. */
  text(ptr: number, len: number): string;
  /** Copies all of `bytes` to `ptr`. */
  write(ptr: number, bytes: Uint8Array): void;
  /** The little-endian u32 at `ptr`. */
  u32(ptr: number): number;
  /** Writes a little-endian u32 to `ptr`. */
  setU32(ptr: number, value: number): void;
}

/** Who calls an import, and with what right. */
export interface RawCaller<Grant = unknown, State = unknown>
  extends OperationContext<Grant, State> {
  /** Name of the extension: a label, never an authority. */
  readonly name: string;
}

/** One function that modules can import. At least one of `run` and `wait` is there; `wait` comes first. */
export interface RawImport<Grant = unknown, State = unknown> {
  /** Types of its parameters. */
  readonly params: readonly RawType[];
  /** Types of its results: none or one. */
  readonly results: readonly RawType[];
  /** Answers at once. What it throws ends the guest. */
  readonly run?: (
    memory: RawMemory,
    caller: RawCaller<Grant, State>,
    ...args: never[]
  ) => RawValue | void;
  /** Answers later; the guest is suspended meanwhile, and cannot be called with `invokeSync`. */
  readonly wait?: (
    memory: RawMemory,
    caller: RawCaller<Grant, State>,
    ...args: never[]
  ) => Promise<RawValue | void>;
  /**
   * What a guest without the grant gets, or after it was revoked; default: the call of the guest
   * fails with the refusal.
   */
  readonly stub?: RawValue;
}

/** Imports by module and name. */
export type RawImports<Grant = unknown, State = unknown> = {
  readonly [module: string]: { readonly [name: string]: RawImport<Grant, State> };
};

/** One import with its capability, as engines see it. */
export interface OfferedImport {
  /** Canonical name of the capability. */
  readonly capability: string;
  /** The module that guests import it from. */
  readonly module: string;
  /** Its name there. */
  readonly name: string;
  /** What answers it. */
  readonly definition: RawImport;
}

const TYPES: ReadonlySet<unknown> = new Set(["i32", "i64", "f32", "f64"]);

/**
 * A frozen copy.
 *
 * @throws {TypeError} naming the import that cannot work.
 */
export function checkedImports<Grant, State>(
  capability: string,
  imports: RawImports<Grant, State>,
): RawImports<Grant, State> {
  const seen = new Set<string>();
  const copy: Record<string, Record<string, RawImport<Grant, State>>> = Object.create(null);
  for (const [module, functions] of Object.entries(imports)) {
    const own: Record<string, RawImport<Grant, State>> = copy[module] = Object.create(null);
    for (const [name, definition] of Object.entries(functions)) {
      const why = problemOf(definition) ??
        (seen.has(operationOf(module, name)) ? "its name is taken by another one" : undefined);
      if (why !== undefined) {
        throw new TypeError(
          `Cannot define capability "${capability}" with the import "${module}.${name}" as ${why}`,
        );
      }
      seen.add(operationOf(module, name));
      own[name] = Object.freeze({ ...definition });
    }
  }
  return Object.freeze(copy);
}

function problemOf(
  { params, results, run, wait, stub }: RawImport<never, never>,
): string | undefined {
  if (![...params, ...results].every((type) => TYPES.has(type))) {
    return "its types must be i32, i64, f32 or f64";
  }
  if (results.length > 1) return "it can have one result at most";
  if (!run && !wait) return "it has neither run nor wait";
  if (stub === undefined) return undefined;
  const [result] = results;
  if (result === undefined) return "its stub must be left out: it has no result";
  const fits = result === "i64" ? typeof stub === "bigint" : typeof stub === "number";
  return fits ? undefined : `its stub must be ${result === "i64" ? "a bigint" : "a number"}`;
}

/** The name of the operation that stands for an import in refusals and records. */
export function operationOf(module: string, name: string): string {
  // an operation is found behind the last dot
  return `${module}/${name}`.replaceAll(".", "/");
}

type Work = (context: OperationContext) => unknown;

/** What an operation of an import has to do: handed over beside its arguments, where no guest reaches. */
const WORK = new WeakMap<OperationArgs, Work>();

function workOf(args: OperationArgs, context: OperationContext): unknown {
  const work = WORK.get(args);
  if (!work) throw new TypeError("Cannot call this operation as only a WASM module can import it");
  return work(context);
}

/** The operations behind the imports of a capability. */
export function importOperations(
  imports: RawImports = {},
): readonly (readonly [string, Operation])[] {
  return Object.entries(imports).flatMap(([module, functions]) =>
    Object.entries(functions).map(([name, { wait }]) =>
      [operationOf(module, name), wait ? WAITING : RUNNING] as const
    )
  );
}

const RUNNING: Operation = Object.freeze<Operation>({
  params: Object.freeze([]),
  callSync: (args, context) => void workOf(args, context),
});

const WAITING: Operation = Object.freeze<Operation>({
  params: Object.freeze([]),
  call: async (args, context): Promise<HostValue> => void await workOf(args, context),
});

/** An import bound to one guest's memory and its door. */
export interface BoundImport {
  readonly run?: (...args: RawValue[]) => RawValue | void;
  readonly wait?: (signal: AbortSignal, ...args: RawValue[]) => Promise<RawValue | void>;
}

/** Ties `offered` to one guest: every call goes through the door, like any operation. */
export function bindImport(
  { capability, module, name, definition }: OfferedImport,
  host: HostCalls,
  memory: RawMemory,
  call: () => HostCallOptions,
): BoundImport {
  const operation = `${capability}.${operationOf(module, name)}`;
  const { run, wait, stub } = definition;
  const refused = (): { readonly answer: RawValue | undefined } | undefined => {
    const refusal: Refusal | undefined = host.refused?.(operation);
    if (!refusal) return undefined;
    if (stub === undefined) throw refusalError(refusal);
    return { answer: stub };
  };
  if (wait) {
    return {
      async wait(signal, ...args) {
        const stubbed = refused();
        if (stubbed) return stubbed.answer;
        let answer: RawValue | void = undefined;
        await host.call(
          operation,
          argsFor(async (context) => {
            answer = await wait(memory, callerOf(context), ...args as never[]);
          }),
          { ...call(), signal },
        );
        return answer;
      },
    };
  }
  return {
    run(...args) {
      const stubbed = refused();
      if (stubbed) return stubbed.answer;
      let answer: RawValue | void = undefined;
      host.callSync(
        operation,
        argsFor((context) => {
          answer = run?.(memory, callerOf(context), ...args as never[]);
        }),
        call(),
      );
      return answer;
    },
  };
}

function argsFor(work: Work): OperationArgs {
  const args: OperationArgs = Object.freeze({});
  WORK.set(args, work);
  return args;
}

function callerOf(context: OperationContext): RawCaller {
  const { extension, grant, state, chain, deadline } = context;
  return {
    name: extension.name,
    extension,
    grant,
    state,
    chain,
    deadline,
    // looked at late: a signal that nobody looks at is never made
    get signal() {
      return context.signal;
    },
  };
}
