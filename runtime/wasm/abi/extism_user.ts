/**
 * Host functions that an Extism plugin imports: any import that is not spoken for, answered by the
 * embedder's function of the name `module/name`, else `name`.
 *
 * @module
 */

import type {
  ExtismBlocksOfCall,
  HostFunction as FunctionOf,
  HostFunctionOrigin,
} from "../../contract.ts";
import { CapabilityError } from "../../../capabilities/errors.ts";
import { Fault, isPublicError } from "../../errors.ts";
import type { AbiEnvironment, Guest, HostFunction, ImportShape, WasmValue } from "./contract.ts";
import { type BlockStore, type Handle, NO_HANDLE } from "./extism_store.ts";

/** Modules that the host itself answers. */
const TAKEN_MODULES: ReadonlySet<string> = new Set(["extism:host/env", "wasi_snapshot_preview1"]);
/** What the AssemblyScript compiler imports from `env`. */
const TAKEN_NAMES: ReadonlySet<string> = new Set(["env.abort", "env.trace", "env.seed"]);

/** What a function from bytes to bytes may look like to a plugin: a block in, a block out. */
const BYTES_TYPES: readonly (string | undefined)[] = [
  "(i64) -> i64",
  "(i64)",
  "() -> i64",
  "()",
  undefined,
];
const GIVES_HANDLE = / -> i64$/;

/** What a function gives: a number, a handle, bytes for a new block, or nothing. */
type Answer = WasmValue | Uint8Array | string | void;

type Answerer = FunctionOf<HostFunctionOrigin>;

/** The imports of one guest that the embedder answers. */
export function userFunctions(
  guest: Guest,
  store: BlockStore,
  environment: AbiEnvironment,
): Record<string, Record<string, HostFunction>> {
  const { shape, hostFunctions } = environment;
  const table: Record<string, Record<string, HostFunction>> = Object.create(null);
  for (const wanted of shape.imports) {
    const { module, name, kind } = wanted;
    if (kind !== "function" || TAKEN_MODULES.has(module)) continue;
    if (TAKEN_NAMES.has(`${module}.${name}`)) continue;
    const qualified = `${module}/${name}`;
    const find = () => hostFunctions.find(qualified) ?? hostFunctions.find(name);
    const found = find();
    if (found === undefined) continue;
    const functions = table[module] ??= Object.create(null) as Record<string, HostFunction>;
    functions[name] = userFunction(wanted, found, find, { guest, store, environment });
  }
  return table;
}

interface Surroundings {
  readonly guest: Guest;
  readonly store: BlockStore;
  readonly environment: AbiEnvironment;
}

function userFunction(
  { module, name, type }: ImportShape,
  atLoad: Answerer,
  find: () => Answerer | undefined,
  { guest, store, environment }: Surroundings,
): HostFunction {
  const { limits } = environment;
  const label = `${module}.${name}`;
  const fits = atLoad.extism !== undefined || BYTES_TYPES.includes(type);
  const givesHandle = type === undefined || GIVES_HANDLE.test(type);

  /** Asked as every call begins: where no function waits nothing is looked up. */
  const mayWait = () => environment.hostFunctions.waits && (find()?.waits ?? false);

  function ask(args: readonly WasmValue[], signal: AbortSignal | undefined): Asked {
    // Looked up anew: the embedder may have put another one in its place.
    const answerer = find();
    if (answerer === undefined) {
      throw new Fault("unsupported", `nobody answers "${label}" any more`);
    }
    const { chain, budget, deadline, hostContext } = guest.call;
    const extension = chain.at(-1) ?? "";
    if (budget.operations <= 0) {
      throw new CapabilityError("quota", { extension, capability: label, grant: "" }, {
        reason: `Cannot call "${label}" for extension "${extension}": its operations are used up`,
      });
    }
    budget.operations--;
    const context = {
      operation: name,
      namespace: "",
      binding: "",
      extension,
      chain,
      signal,
      deadline,
      hostContext,
    };
    const { extism } = answerer;
    if (extism !== undefined) {
      const { blocks, end } = lend(store, limits.payloadBytes, context);
      return { end, give: () => extism(blocks, args) };
    }
    const [handle = NO_HANDLE] = args;
    const payload = typeof handle !== "bigint" || handle === NO_HANDLE
      ? new Uint8Array(0)
      : store.read(handle, limits.payloadBytes, `the argument of "${label}"`);
    return { end() {}, give: () => answerer.run(payload, context) };
  }

  function finish(answer: Answer): WasmValue | void {
    if (answer instanceof Uint8Array || typeof answer === "string") {
      return givesHandle ? store.store(answer) : undefined;
    }
    return answer === undefined && givesHandle ? NO_HANDLE : answer;
  }

  async function wait(signal: AbortSignal, ...args: WasmValue[]): Promise<WasmValue | void> {
    const { give, end } = ask(args, signal);
    signal.addEventListener("abort", end, { once: true });
    try {
      return finish(await answered(give));
    } finally {
      end();
      signal.removeEventListener("abort", end);
    }
  }

  /** An error of the embedder's own is not the guest's fault, and says so. */
  function failed(cause: unknown): unknown {
    if (cause instanceof Fault || isPublicError(cause)) return cause;
    return new Fault("trap", `the host function "${label}" failed`, { cause });
  }

  function attempt(give: Asked["give"]): Answer | Promise<Answer> {
    try {
      return give();
    } catch (cause) {
      throw failed(cause);
    }
  }

  async function answered(give: Asked["give"]): Promise<Answer> {
    try {
      return await give();
    } catch (cause) {
      throw failed(cause);
    }
  }

  return {
    type: fits ? type ?? "(i64) -> i64" : "(i64) -> i64",
    mayWait,
    wait,
    run(...args: WasmValue[]) {
      if (mayWait()) {
        if (guest.suspends) return undefined;
        throw new Fault("needs-async", `"${label}" has to wait`);
      }
      const { give, end } = ask(args, guest.call.signal);
      try {
        const answer = attempt(give);
        if (!(answer instanceof Promise)) return finish(answer);
        // Nobody waits for it; without this its rejection would end the process.
        answer.catch(() => {});
        throw new Fault(
          "unsupported",
          `"${label}" answers with a promise and is not declared async`,
        );
      } finally {
        end();
      }
    },
  };
}

interface Asked {
  /** Takes the blocks back. */
  readonly end: () => void;
  readonly give: () => Answer | Promise<Answer>;
}

/** Blocks for the time of one host call: afterwards the same handles are another call's. */
function lend(
  store: BlockStore,
  limit: number,
  context: HostFunctionOrigin,
): { readonly blocks: ExtismBlocksOfCall<HostFunctionOrigin>; readonly end: () => void } {
  let open = true;
  const check = () => {
    if (!open) throw new Fault("closed", "the call that these blocks belong to is over");
  };
  const what = "a block for a host function";
  return {
    // Not frozen: it is the embedder's for this one call, and freezing takes longer than the call.
    blocks: {
      context,
      read(handle: Handle) {
        check();
        return store.read(handle, limit, what);
      },
      text(handle: Handle) {
        check();
        return store.text(handle, limit, what);
      },
      store(content) {
        check();
        return store.store(content);
      },
      free(handle: Handle) {
        check();
        store.free(handle);
      },
    },
    end: () => void (open = false),
  };
}
