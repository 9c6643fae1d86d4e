/**
 * The guest convention of ApiQube: JSON in, JSON out, every buffer through the guest's `allocate`.
 *
 * ```text
 * host: packed = allocate(len)       guest memory: … [ input ] … [ answer ] …
 * host: answer = execute(packed)                     ^packed >> 32, length in the low half
 * ```
 *
 * Nothing is given back: `allocate` keeps its buffers until `plugin_destroy`.
 *
 * @module
 */

import { Fault } from "../../errors.ts";
import { type Packed, unpack } from "../../memory.ts";
import { emitEvent, hostFunctions, HTTP_REQUEST, IMPORT_MODULE } from "./apiqube_host.ts";
import {
  type ApiqubeEventSchema,
  type ApiqubeInfo,
  type ApiqubeWireEvent,
  parseFieldErrors,
  parseInfo,
  parseOutput,
} from "./apiqube_json.ts";
import {
  type Abi,
  type AbiEnvironment,
  type CapabilityAsk,
  type Guest,
  type GuestFunction,
  type JsonObject,
  LIFECYCLE_EXPORTS,
  type ModuleShape,
  type Payload,
  type SelfDescription,
  type Session,
} from "./contract.ts";
import { evidenceOf } from "./evidence.ts";

const ALLOCATE = "allocate";
const INFO = "plugin_info";
const INIT = "plugin_init";
const DESTROY = "plugin_destroy";
const OPERATION = "(i64) -> i64";
const RESERVED: readonly string[] = ["memory", ALLOCATE, DESTROY, ...LIFECYCLE_EXPORTS];

/** What people call the exports with a prefix. */
const SHORT_NAMES: { readonly [name: string]: string } = { info: INFO, init: INIT };

/** What a plugin that gets no configuration is initialised with. */
const NO_CONFIG = "null";

/** The `apiqube` convention. */
export const apiqubeAbi: Abi = Object.freeze<Abi>({
  name: "apiqube",
  instances: "one",
  looksFor: `the export "${INFO}" or "${INIT}", or imports from "${IMPORT_MODULE}"`,
  detect: (shape) => evidenceOf(shape, [INFO, INIT], IMPORT_MODULE),
  requires: [
    { name: "memory", kind: "memory" },
    { name: ALLOCATE, kind: "function", type: "(i32) -> i64" },
    { name: INFO, kind: "function", type: "() -> i64" },
    { name: INIT, kind: "function", type: OPERATION },
    { name: "validate", kind: "function", type: OPERATION },
    { name: "execute", kind: "function", type: OPERATION },
  ],
  operation: undefined,
  reserved: RESERVED,
  starts: true,
  selfDescribing: true,
  recycles: true,
  implies,
  bind,
});

const encoder = new TextEncoder();

/** Asking for HTTP needs the net; everything else that the host offers is harmless. */
function implies({ imports }: ModuleShape): readonly CapabilityAsk[] {
  const asks = imports.some(({ module, name }) =>
    module === IMPORT_MODULE && name === HTTP_REQUEST
  );
  return asks ? [askFor("net")] : [];
}

function askFor(name: string): CapabilityAsk {
  return { name, args: {}, optional: false, reason: "" };
}

function bind(guest: Guest, environment: AbiEnvironment): Session {
  const { host, limits, config, shape, kept, unknownFunction } = environment;
  const { memory } = guest;
  const types = new Map(shape.exports.map(({ name, type }) => [name, type]));
  const entries = new Map<string, GuestFunction>();
  const packed: Packed = { ptr: 0, len: 0 };
  let allocate: GuestFunction = absent;
  /** Events count only while the guest executes a test. */
  let executing = false;

  function find(name: string): GuestFunction {
    const entry = RESERVED.includes(name) ? undefined : guest.entry(name);
    if (entry === undefined) throw unknownFunction(name);
    const type = types.get(name);
    if (type !== undefined && type !== OPERATION && name !== INFO) {
      throw unknownFunction(name, `its export "${name}" is ${type}, not ${OPERATION}`);
    }
    entries.set(name, entry);
    return entry;
  }

  /** Hands `bytes` to the guest, in a buffer that it allocates; nothing is 0. */
  function hand(bytes: Uint8Array, what: string): bigint {
    if (bytes.length === 0) return 0n;
    const answer = allocate(bytes.length);
    if (typeof answer !== "bigint") {
      throw new Fault("bad-guest-data", `its ${ALLOCATE} returned no packed i64`);
    }
    unpack(answer, packed);
    const { ptr, len } = packed;
    if (len !== bytes.length) {
      throw new Fault(
        "bad-guest-data",
        `its ${ALLOCATE} gave ${len} bytes where ${bytes.length} were asked for`,
      );
    }
    memory.write(ptr, bytes, what);
    return answer;
  }

  function take(answer: unknown): Uint8Array {
    if (typeof answer !== "bigint") {
      throw new Fault("bad-guest-data", "it returned no packed i64");
    }
    unpack(answer, packed);
    const { ptr, len } = packed;
    if (len > limits.payloadBytes) throw tooLarge("its answer", len, limits.payloadBytes);
    return len === 0 ? new Uint8Array(0) : memory.read(ptr, len, "its answer");
  }

  /** Runs `entry` and finishes with what it returns, now or when the guest comes back. */
  function run<T>(
    entry: GuestFunction,
    args: readonly bigint[],
    finish: (answer: unknown) => T,
  ): T | Promise<T> {
    const answer = entry(...args);
    return guest.suspends ? Promise.resolve(answer).then(finish) : finish(answer);
  }

  function operate<T>(
    name: string,
    input: Uint8Array,
    finish: (answer: unknown) => T,
  ): T | Promise<T> {
    const entry = entries.get(name) ?? find(name);
    return run(entry, [hand(input, "its input buffer")], finish);
  }

  function info(): Uint8Array | Promise<Uint8Array> {
    return run(entries.get(INFO) ?? find(INFO), [], (answer) => {
      const bytes = take(answer);
      parseInfo(bytes);
      return bytes;
    });
  }

  /** What `plugin_init` returns says nothing, by the convention. */
  function initialise(input: Uint8Array): void | Promise<void> {
    return operate(INIT, input, () => void (kept.init = input));
  }

  /** Without a configuration of the caller's it is the extension's own. */
  function configOf(payload: Payload): Uint8Array {
    // A copy: it is kept, and the caller may use its buffer again.
    if (payload.length > 0) return bytesOf(payload).slice();
    const own = Object.keys(config).length > 0 ? JSON.stringify(config) : NO_CONFIG;
    return encoder.encode(own);
  }

  function execute(input: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const finish = (answer: unknown) => {
      executing = false;
      const output = take(answer);
      for (const event of parseOutput(output).events) emit(event);
      return output;
    };
    executing = true;
    return operate("execute", input, finish);
  }

  const emit = (event: ApiqubeWireEvent) => emitEvent(event, host, guest.call);

  return {
    imports: hostFunctions({ guest, environment, hand, isExecuting: () => executing }),
    start() {
      allocate = guest.fn(ALLOCATE) ?? absent;
      return kept.init === undefined ? undefined : initialise(kept.init);
    },
    async describe(): Promise<SelfDescription> {
      const { capabilities, events } = parseInfo(await info());
      return { capabilities: capabilities.map(askFor), events: declared(events) };
    },
    invoke(fn: string, payload: Payload) {
      const name = Object.hasOwn(SHORT_NAMES, fn) ? SHORT_NAMES[fn] ?? fn : fn;
      switch (name) {
        case INFO:
          return info();
        case INIT: {
          const done = initialise(configOf(payload));
          return done === undefined ? new Uint8Array(0) : done.then(() => new Uint8Array(0));
        }
        case "execute":
          return execute(bytesOf(payload));
        case "validate":
          return operate(name, bytesOf(payload), (answer) => {
            const bytes = take(answer);
            parseFieldErrors(bytes);
            return bytes;
          });
        default:
          return operate(name, bytesOf(payload), take);
      }
    },
    async close() {
      try {
        await guest.entry(DESTROY)?.();
      } catch {
        // The convention: a plugin that fails to clean up does not keep its host from closing it.
      }
    },
  };
}

function absent(): never {
  throw new Fault("bad-guest-data", `it exports no ${ALLOCATE}`);
}

function bytesOf(payload: Payload): Uint8Array {
  return typeof payload === "string" ? encoder.encode(payload) : payload;
}

function declared(events: ApiqubeInfo["events"]): SelfDescription["events"] {
  return Object.fromEntries(Object.entries(events).map(([kind, event]) => [kind, bare(event)]));
}

/** Interfaces have no index signature, and JSON objects are nothing but one. */
function bare({ fields }: ApiqubeEventSchema): { readonly fields: JsonObject } {
  const entries = Object.entries(fields).map(([name, field]) => [name, { ...field }] as const);
  return { fields: Object.fromEntries(entries) };
}

function tooLarge(what: string, len: number, limit: number): Fault {
  return new Fault("payload-limit", `${what} has ${len} bytes where ${limit} are allowed`);
}
