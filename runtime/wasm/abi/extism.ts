/**
 * The guest convention of Extism plugins: functions without parameters, and a host that lends them a
 * store of blocks for everything they take and give.
 *
 * ```text
 * host:  store: [ input ]           guest: input_length(), input_load_u64(0) …
 * host:  status = fn()                     handle = alloc(n), store_u64(handle, …) …
 * host:  reads output or error             output_set(handle, n) or error_set(handle)
 * ```
 *
 * @module
 */

import { Fault } from "../../errors.ts";
import {
  type Abi,
  type AbiEnvironment,
  type CapabilityAsk,
  type Guest,
  type GuestFunction,
  LIFECYCLE_EXPORTS,
  type ModuleShape,
  type Payload,
  type Session,
} from "./contract.ts";
import { environmentFunctions } from "./extism_env.ts";
import { ExtismHttp } from "./extism_http.ts";
import { BlockStore } from "./extism_store.ts";
import { userFunctions } from "./extism_user.ts";

const ENVIRONMENT = "extism:host/env";
/** Where host functions are imported from, unless a plugin says otherwise. */
const USER = "extism:host/user";
const COMMAND = "_start";
const HASKELL_START = "hs_init";
const CONSTRUCTORS = "__wasm_call_ctors";
/** Bytes of an error that are read: what an error keeps is shorter. */
const ERROR_BYTES = 16 * 1024;

const OPERATIONS: readonly string[] = ["() -> i32", "()"];

const RESERVED: readonly string[] = [...LIFECYCLE_EXPORTS, HASKELL_START, "hs_exit"];

/** The `extism` convention. */
export const extismAbi: Abi = Object.freeze<Abi>({
  name: "extism",
  instances: "one",
  looksFor: `imports from "${ENVIRONMENT}"`,
  detect({ imports }) {
    const found = imports.find(({ module }) => module === ENVIRONMENT || module === USER);
    return found === undefined ? undefined : `it imports from "${found.module}"`;
  },
  requires: [],
  operation: OPERATIONS,
  reserved: RESERVED,
  memories: 1,
  starts: true,
  hostFunctions: true,
  /** Kits for scripting languages import everything, used or not: the ask cannot be a demand. */
  implies({ imports }): readonly CapabilityAsk[] {
    const asks = imports.some(({ module, name }) =>
      module === ENVIRONMENT && name === "http_request"
    );
    return asks ? [{ name: "net", args: {}, optional: true, reason: "" }] : [];
  },
  variant: (shape) => isCommand(shape) ? COMMANDS : extismAbi,
  bind: (guest, environment) => bind(guest, environment, RESERVED),
});

/**
 * Programs whose one function is `_start`, as compilers without exports of one's own make them: each
 * call runs the whole program, and so has an instance of its own.
 */
const COMMANDS: Abi = Object.freeze<Abi>({
  ...extismAbi,
  instances: "fresh",
  starts: false,
  reserved: RESERVED.filter((name) => name !== COMMAND),
  bind: (guest, environment) => bind(guest, environment, COMMANDS.reserved),
});

function isCommand({ exports }: ModuleShape): boolean {
  const functions = exports.filter(({ kind }) => kind === "function");
  const has = (wanted: string) => functions.some(({ name }) => name === wanted);
  return has(COMMAND) && !has("_initialize") &&
    !functions.some(({ name, type }) =>
      !RESERVED.includes(name) && (type === undefined || OPERATIONS.includes(type))
    );
}

function bind(guest: Guest, environment: AbiEnvironment, reserved: readonly string[]): Session {
  const { limits, shape, unknownFunction } = environment;
  const store = new BlockStore(guest, limits.memoryBytes);
  const http = new ExtismHttp(guest, store, environment);
  const user = userFunctions(guest, store, environment);
  const types = new Map(shape.exports.map(({ name, type }) => [name, type]));
  /** Entries by whether the guest may suspend, which changes between calls. */
  const plain = new Map<string, GuestFunction>();
  const suspending = new Map<string, GuestFunction>();
  const mayExit = shape.imports.some(({ name }) => name === "proc_exit");

  function find(name: string): GuestFunction {
    const entry = reserved.includes(name) ? undefined : guest.entry(name);
    if (entry === undefined) throw unknownFunction(name);
    const type = types.get(name);
    if (type !== undefined && !OPERATIONS.includes(type)) {
      throw unknownFunction(
        name,
        `its export "${name}" is ${type}, not ${OPERATIONS.join(" or ")}`,
      );
    }
    (guest.suspends ? suspending : plain).set(name, entry);
    return entry;
  }

  /** What ends a call that did not succeed. */
  function check(status: unknown): void {
    const exitStatus = status instanceof Exit ? { exitStatus: status.status } : {};
    const message = store.error(ERROR_BYTES);
    if (message !== undefined) {
      throw new Fault("guest-error", "it set an error", { guest: message, ...exitStatus });
    }
    if (status instanceof Exit) {
      throw new Fault("guest-error", `it exited with status ${status.status}`, exitStatus);
    }
    if (typeof status === "number" && status !== 0) {
      throw new Fault("guest-error", `it returned ${status}`);
    }
  }

  function output(status: unknown): Uint8Array {
    check(status);
    return store.output(limits.payloadBytes);
  }

  function textOutput(status: unknown): Payload {
    check(status);
    return store.outputText(limits.payloadBytes) ?? store.output(limits.payloadBytes);
  }

  function run<Output extends Payload>(
    fn: string,
    payload: Payload,
    finish: (status: unknown) => Output,
  ): Output | Promise<Output> {
    const entry = (guest.suspends ? suspending : plain).get(fn) ?? find(fn);
    http.reset();
    store.begin(payload);
    const status = mayExit ? runToExit(entry) : entry();
    return guest.suspends ? Promise.resolve(status).then(finish) : finish(status);
  }

  /** A status of `proc_exit` ends the function like a result: 0 is success. */
  function runToExit(entry: GuestFunction): unknown {
    let returned: unknown;
    const exited = guest.runToExit(() => {
      const result = entry();
      if (!guest.suspends) returned = result;
      else return Promise.resolve(result).then((value) => returned = value);
    });
    const statusOf = (exit: number) => exit === 0 ? returned : new Exit(exit);
    return typeof exited === "number" ? statusOf(exited) : exited.then(statusOf);
  }

  return {
    imports: {
      ...user,
      [ENVIRONMENT]: {
        ...user[ENVIRONMENT],
        ...environmentFunctions(guest, store, environment),
        ...http.functions,
      },
    },
    start() {
      const has = (name: string) => types.has(name);
      if (!has("_initialize") && !has("_start")) {
        const done = guest.entry(CONSTRUCTORS)?.();
        if (done instanceof Promise) return done.then(() => startHaskell(guest));
      }
      return startHaskell(guest);
    },
    invoke: (fn: string, payload: Payload) => run(fn, payload, output),
    invokeText: (fn: string, payload: Payload) => run(fn, payload, textOutput),
    memorySize: () => store.size,
    reset: () => store.reset(),
  };
}

/** How a function ended that called `proc_exit` with a status other than 0. */
class Exit {
  readonly status: number;
  constructor(status: number) {
    this.status = status;
  }
}

/** Haskell's runtime takes the count and the list of its arguments: it gets none. */
function startHaskell(guest: Guest): void | Promise<void> {
  const done = guest.entry(HASKELL_START)?.(0, 0);
  return done instanceof Promise ? done.then(() => {}) : undefined;
}
