/** One instance of a guest that is called by operation name: its requests, answers, errors and start. @module */

import { Fault } from "../../errors.ts";
import type {
  AbiEnvironment,
  Guest,
  GuestFunction,
  HostFunction,
  ImportTable,
  Payload,
  Session,
} from "./contract.ts";
import { HostExchange } from "./host_exchange.ts";

/** The names of one convention, and where it differs from the other. */
export interface CallNames {
  /** Its import module. */
  readonly name: string;
  /** The export that takes every call: `(operation length, payload length) -> 1 for success`. */
  readonly call: string;
  /** Its imports beside those that both conventions name alike. */
  readonly imports: {
    readonly request: string;
    readonly response: string;
    readonly error: string;
    readonly log: string;
  };
  /** Whether a host call names binding and namespace before its operation. */
  readonly namespaces: boolean;
  /** Start functions, each called if exported, in this order. */
  readonly starts: readonly string[];
  /** Whether a start function may end with `proc_exit(0)`. */
  readonly startMayExit: boolean;
}

const SUCCESS = 1;
const FAILURE = 0;
const NOTHING = new Uint8Array(0);
/** Bytes that cost as much to copy as one tick of host work. */
const BYTES_PER_TICK = 4096;
/** Encoded operation names that are kept: callers use a handful, an attacker any number. */
const KEPT_NAMES = 256;

const encoder = new TextEncoder();

/** A session that speaks `names`; operations in `reserved` cannot be called. */
export class CallSession implements Session {
  readonly imports: ImportTable;
  readonly #names: CallNames;
  readonly #reserved: ReadonlySet<string>;
  readonly #guest: Guest;
  readonly #environment: AbiEnvironment;
  readonly #exchange: HostExchange;
  readonly #encoded = new Map<string, Uint8Array>();
  /** Whether there is a context: a call, or a start function. A wasm start section has none. */
  #active = false;
  #operation: Uint8Array = NOTHING;
  #payload: Uint8Array = NOTHING;
  #response: Uint8Array = NOTHING;
  #error = "";
  #plain: GuestFunction | undefined;
  #promising: GuestFunction | undefined;

  /** For one guest that is about to be made. */
  constructor(
    names: CallNames,
    reserved: ReadonlySet<string>,
    guest: Guest,
    environment: AbiEnvironment,
  ) {
    this.#names = names;
    this.#reserved = reserved;
    this.#guest = guest;
    this.#environment = environment;
    this.#exchange = new HostExchange(guest, environment);
    this.imports = { [names.name]: this.#functions() };
  }

  start(): void | Promise<void> {
    return this.#startFrom(0);
  }

  invoke(fn: string, payload: Payload): Uint8Array | Promise<Uint8Array> {
    if (this.#reserved.has(fn)) {
      const why = `"${fn}" cannot be called, as it belongs to the ${this.#names.name} convention`;
      throw this.#environment.unknownFunction(fn, why);
    }
    const { suspends } = this.#guest;
    this.#enter(fn, this.#bytesOf(payload, suspends));
    try {
      const answer = this.#entry(suspends)(this.#operation.length, this.#payload.length);
      if (suspends) return this.#finishLater(fn, answer);
      return this.#finish(fn, answer);
    } finally {
      if (!suspends) this.#leave();
    }
  }

  /** A suspended guest may fetch its payload when its caller has long changed the buffer. */
  #bytesOf(payload: Payload, suspends: boolean): Uint8Array {
    const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
    const { payloadBytes } = this.#environment.limits;
    if (bytes.length > payloadBytes) throw tooLarge("the payload", bytes.length, payloadBytes);
    return suspends && bytes === payload ? bytes.slice() : bytes;
  }

  #entry(suspends: boolean): GuestFunction {
    const { call } = this.#names;
    return suspends
      ? this.#promising ??= this.#guest.entry(call) ?? absent(call)
      : this.#plain ??= this.#guest.fn(call) ?? absent(call);
  }

  async #finishLater(fn: string, answer: unknown): Promise<Uint8Array> {
    try {
      return this.#finish(fn, await answer);
    } finally {
      this.#leave();
    }
  }

  #finish(fn: string, answer: unknown): Uint8Array {
    if (typeof answer !== "number") {
      throw new Fault("bad-guest-data", `its ${this.#names.call} returned no i32`);
    }
    if (this.#error !== "") throw new Fault("guest-error", "", { guest: this.#error });
    if (answer !== SUCCESS) {
      throw new Fault("guest-error", `call to "${fn}" was unsuccessful`);
    }
    // The caller may keep the result, so not even an empty one is shared.
    return this.#response.length === 0 ? new Uint8Array(0) : this.#response;
  }

  #startFrom(first: number): void | Promise<void> {
    const { starts } = this.#names;
    for (let at = first; at < starts.length; at++) {
      const later = this.#runStart(starts[at] ?? "");
      if (later !== undefined) return later.then(() => this.#startFrom(at + 1));
    }
  }

  #runStart(name: string): Promise<void> | undefined {
    const start = this.#guest.entry(name);
    if (start === undefined) return undefined;
    // A promising export has no length of its own.
    if (this.#guest.fn(name)?.length !== 0) {
      throw new Fault("unsupported", `its export "${name}" has parameters, and a start has none`);
    }
    this.#enter(name, NOTHING);
    const { startMayExit } = this.#names;
    const status = startMayExit ? this.#guest.runToExit(start) : start();
    if (this.#guest.suspends) {
      return Promise.resolve(status).then((status) => this.#afterStart(status));
    }
    this.#afterStart(status);
    return undefined;
  }

  #afterStart(status: unknown): void {
    this.#leave();
    if (this.#names.startMayExit && status !== 0) {
      throw new Fault("guest-error", `it exited with status ${status}`);
    }
  }

  #enter(operation: string, payload: Uint8Array): void {
    this.#active = true;
    this.#operation = this.#encode(operation);
    this.#payload = payload;
    this.#response = NOTHING;
    this.#error = "";
    this.#exchange.clear();
  }

  /** Nothing of a call is kept alive by an idle guest. */
  #leave(): void {
    this.#active = false;
    this.#payload = NOTHING;
    this.#response = NOTHING;
    this.#exchange.clear();
  }

  #encode(name: string): Uint8Array {
    const kept = this.#encoded.get(name);
    if (kept !== undefined) return kept;
    const bytes = encoder.encode(name);
    if (this.#encoded.size < KEPT_NAMES) this.#encoded.set(name, bytes);
    return bytes;
  }

  #functions(): ImportTable[string] {
    const { imports } = this.#names;
    return {
      __host_call: this.#hostCall(),
      __host_response_len: { type: "() -> i32", run: () => this.#exchange.response.length },
      __host_response: {
        type: "(i32)",
        run: (ptr: number) => this.#give(ptr, this.#exchange.response, "the host's response"),
      },
      __host_error_len: { type: "() -> i32", run: () => this.#exchange.error.length },
      __host_error: {
        type: "(i32)",
        run: (ptr: number) => this.#give(ptr, this.#exchange.error, "the host's error"),
      },
      [imports.request]: {
        type: "(i32, i32)",
        run: (operationPtr: number, payloadPtr: number) => {
          if (!this.#active) return;
          this.#give(operationPtr, this.#operation, "its operation");
          this.#give(payloadPtr, this.#payload, "its request");
        },
      },
      [imports.response]: {
        type: "(i32, i32)",
        run: (ptr: number, len: number) => {
          if (this.#active) this.#response = this.#take(ptr, len, "its response");
        },
      },
      [imports.error]: {
        type: "(i32, i32)",
        run: (ptr: number, len: number) => {
          if (this.#active) this.#error = this.#takeText(ptr, len, "its error");
        },
      },
      [imports.log]: {
        type: "(i32, i32)",
        run: (ptr: number, len: number) => {
          if (!this.#active) return;
          const message = this.#takeText(ptr, len, "its log record");
          this.#environment.host.callSync("log.info", { message }, this.#guest.call);
        },
      },
    };
  }

  #hostCall(): HostFunction {
    const exchange = this.#exchange;
    const waiting = {
      mayWait: () => exchange.waits,
      wait: (signal: AbortSignal) => exchange.answerLater(signal),
    };
    if (!this.#names.namespaces) {
      return {
        ...waiting,
        type: "(i32, i32, i32, i32) -> i32",
        run: (operation: number, operationLen: number, ptr: number, len: number) => {
          if (!this.#active) return FAILURE;
          return exchange.ask({
            operation: this.#takeText(operation, operationLen, "its operation"),
            namespace: "",
            binding: "",
          }, this.#take(ptr, len, "its payload for the host"));
        },
      };
    }
    return {
      ...waiting,
      type: "(i32, i32, i32, i32, i32, i32, i32, i32) -> i32",
      run: (
        ...[binding, bindingLen, namespace, namespaceLen, operation, operationLen, ptr, len]:
          EightNumbers
      ) => {
        if (!this.#active) return FAILURE;
        return exchange.ask({
          binding: this.#takeText(binding, bindingLen, "its binding"),
          namespace: this.#takeText(namespace, namespaceLen, "its namespace"),
          operation: this.#takeText(operation, operationLen, "its operation"),
        }, this.#take(ptr, len, "its payload for the host"));
      },
    };
  }

  #give(ptr: number, bytes: Uint8Array, what: string): void {
    if (bytes.length === 0) return;
    this.#guest.tick(bytes.length / BYTES_PER_TICK);
    this.#guest.memory.write(ptr, bytes, what);
  }

  #take(ptr: number, len: number, what: string): Uint8Array {
    return this.#check(ptr, len, what) ? this.#guest.memory.read(ptr, len, what) : NOTHING;
  }

  #takeText(ptr: number, len: number, what: string): string {
    return this.#check(ptr, len, what) ? this.#guest.memory.text(ptr, len, what) : "";
  }

  /** Whether there is anything in a range that the guest named: an empty one may point anywhere. */
  #check(ptr: number, len: number, what: string): boolean {
    const bytes = len >>> 0;
    if (bytes === 0) return false;
    this.#guest.memory.check(ptr, bytes, what);
    const { payloadBytes } = this.#environment.limits;
    if (bytes > payloadBytes) throw tooLarge(what, bytes, payloadBytes);
    this.#guest.tick(bytes / BYTES_PER_TICK);
    return true;
  }
}

/** What a host call with binding and namespace is made with: each a pointer and a length. */
type EightNumbers = [number, number, number, number, number, number, number, number];

function absent(name: string): never {
  throw new Fault("bad-guest-data", `it exports no function "${name}"`);
}

function tooLarge(what: string, len: number, limit: number): Fault {
  return new Fault("payload-limit", `${what} has ${len} bytes where ${limit} are allowed`);
}
