/**
 * The guest convention of Pulp cells: one long-lived instance that is initialised once and then
 * stepped, each step with one event or none.
 *
 * ```text
 * host: ptr = pulp_alloc(len)        guest memory: … [ envelope ] …
 * host: handle = pulp_step(ptr, len)               ^ptr
 *
 * envelope: call_number u64 · wall_time u64 (unix ns) · payload_len u32 · payload
 * ```
 *
 * @module
 */

import { PULP_IMPORTS, PULP_MODULE } from "../../../manifest/pulp_host.ts";
import { Fault } from "../../errors.ts";
import {
  type Abi,
  type AbiEnvironment,
  type CapabilityAsk,
  type Guest,
  type GuestFunction,
  type HostFunction,
  LIFECYCLE_EXPORTS,
  type ModuleShape,
  type Payload,
  type Session,
} from "./contract.ts";
import { evidenceOf } from "./evidence.ts";
import { packConfig } from "./pulp_config.ts";
import { ALLOC, PulpDoor } from "./pulp_door.ts";
import { fileImports } from "./pulp_files.ts";
import { netImports } from "./pulp_net.ts";
import { serveImports } from "./pulp_serve.ts";
import { sqlImports } from "./pulp_sql.ts";

const FREE = "pulp_free";
const INIT = "pulp_init";
const STEP = "pulp_step";
const SHUTDOWN = "pulp_shutdown";
const PROBE_LAST_CALL = "probe_last_call";
const PROBE_CONFIG_MARKER = "probe_config_marker";
const SIGNS: readonly string[] = [INIT, STEP, SHUTDOWN];

/** What people call the exports with a prefix. */
const SHORT_NAMES: { readonly [name: string]: string } = {
  init: INIT,
  step: STEP,
  shutdown: SHUTDOWN,
};

/** Bytes of an envelope before its payload. */
const ENVELOPE_BYTES = 20;
const NS_PER_MS = 1_000_000n;
/** The one byte of MessagePack's nil: what an embedder says to initialise a cell with nothing. */
const NIL = 0xc0;

const encoder = new TextEncoder();

/** The `pulp` convention. */
export const pulpAbi: Abi = Object.freeze<Abi>({
  name: "pulp",
  instances: "one",
  looksFor: `the export "${INIT}" or "${STEP}", or imports from "${PULP_MODULE}"`,
  detect: (shape) => evidenceOf(shape, SIGNS, PULP_MODULE),
  requires: [
    { name: "memory", kind: "memory" },
    { name: INIT, kind: "function", type: "(i32, i32) -> i32" },
    { name: STEP, kind: "function", type: "(i32, i32) -> i32" },
    { name: SHUTDOWN, kind: "function", type: "() -> i32" },
  ],
  operation: undefined,
  reserved: ["memory", ALLOC, FREE, ...LIFECYCLE_EXPORTS],
  starts: true,
  problems,
  implies,
  bind,
});

/** What a cell need not export has to be what the convention says where it does. */
const OPTIONAL: Readonly<Record<string, string>> = {
  [ALLOC]: "(i32) -> i32",
  [FREE]: "(i32, i32)",
};

function problems({ exports }: ModuleShape): readonly string[] {
  return exports.flatMap(({ name, type }) => {
    const wanted = Object.hasOwn(OPTIONAL, name) ? OPTIONAL[name] : undefined;
    if (wanted === undefined || type === undefined || type === wanted) return [];
    return [`its export "${name}" is ${type} where ${wanted} is needed`];
  });
}

/** Each import of the convention needs a capability of its own. */
function implies({ imports }: ModuleShape): readonly CapabilityAsk[] {
  const functions: { readonly [name: string]: string } = PULP_IMPORTS;
  const names = imports.flatMap(({ module, name }) =>
    module === PULP_MODULE && Object.hasOwn(functions, name) ? functions[name] ?? [] : []
  );
  return [...new Set(names)].map((name) => ({ name, args: {}, optional: false, reason: "" }));
}

function bind(guest: Guest, environment: AbiEnvironment): Session {
  const { config, kept, limits, manifest, now, unknownFunction } = environment;
  const { memory } = guest;
  const types = new Map(environment.shape.exports.map(({ name, type }) => [name, type]));

  /** Where `bytes` are, in a buffer of the guest's; nothing is nowhere. */
  function hand(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    const allocate = guest.fn(ALLOC);
    if (allocate === undefined) {
      throw new Fault("bad-guest-data", `it exports no ${ALLOC}, and is to be given something`);
    }
    const ptr = allocate(bytes.length);
    if (typeof ptr !== "number" || ptr === 0) {
      throw new Fault("bad-guest-data", `its ${ALLOC} gave nothing for ${bytes.length} bytes`);
    }
    memory.write(ptr, bytes, "its input buffer");
    return ptr;
  }

  /** Calls `name` and gives the number that it returns. */
  function run(name: string, bytes?: Uint8Array): number | Promise<number> {
    const entry = entryOf(name);
    const ptr = bytes === undefined ? 0 : hand(bytes);
    const args = bytes === undefined ? [] : [ptr, bytes.length];
    const finish = (answer: unknown): number => {
      if (ptr !== 0) guest.fn(FREE)?.(ptr, bytes?.length ?? 0);
      if (typeof answer === "number") return answer;
      throw new Fault("bad-guest-data", `its ${name} returned no number`);
    };
    const answer = entry(...args);
    return guest.suspends ? Promise.resolve(answer).then(finish) : finish(answer);
  }

  function entryOf(name: string): GuestFunction {
    const entry = guest.entry(name);
    if (entry === undefined) throw unknownFunction(name);
    return entry;
  }

  function initialise(input: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return then(run(INIT, input), (status) => {
      expectZero(INIT, status);
      kept.init = input;
      return new Uint8Array(0);
    });
  }

  /** Without a configuration of the caller's it is the extension's own. */
  function configOf(payload: Payload): Uint8Array {
    // A copy: it is kept, and the caller may use its buffer again.
    const given = bytesOf(payload).slice();
    if (given.length === 0) return packConfig(config, manifest.pulp?.numbers);
    return given.length === 1 && given[0] === NIL ? new Uint8Array(0) : given;
  }

  function step(payload: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const number = kept.calls ?? 0;
    kept.calls = number + 1;
    return then(run(STEP, envelope(number, payload, now())), textOf);
  }

  /** A number that the guest tells of itself. */
  function probe(name: string): Uint8Array | Promise<Uint8Array> {
    const type = types.get(name);
    if (type !== undefined && type !== "() -> i64") {
      throw unknownFunction(name, `its export "${name}" is ${type}, not () -> i64`);
    }
    const answer = entryOf(name)();
    const finish = (value: unknown) => {
      if (typeof value !== "bigint") {
        throw new Fault("bad-guest-data", `its ${name} returned no i64`);
      }
      return textOf(name === PROBE_LAST_CALL ? BigInt.asUintN(64, value) : value);
    };
    return guest.suspends ? Promise.resolve(answer).then(finish) : finish(answer);
  }

  const door = new PulpDoor(guest, environment);
  const imports: { readonly [name in keyof typeof PULP_IMPORTS]?: HostFunction } = {
    ...serveImports(door),
    ...netImports(door),
    ...fileImports(door),
    ...sqlImports(door),
  };

  return {
    imports: { [PULP_MODULE]: imports },
    start() {
      const before = kept.starts ?? 0;
      if (before > 0 && manifest.pulp?.restart === "never") {
        throw new Fault("closed", "it broke, and its manifest says that it never starts again");
      }
      kept.starts = before + 1;
      if (kept.init === undefined) return;
      const done = initialise(kept.init);
      return done instanceof Promise ? done.then(() => {}) : undefined;
    },
    invoke(fn: string, payload: Payload) {
      const name = Object.hasOwn(SHORT_NAMES, fn) ? SHORT_NAMES[fn] ?? fn : fn;
      switch (name) {
        case INIT:
          return initialise(configOf(payload));
        case STEP:
          return step(bytesOf(payload));
        case SHUTDOWN:
          return then(run(SHUTDOWN), (status) => {
            expectZero(SHUTDOWN, status);
            return new Uint8Array(0);
          });
        case PROBE_LAST_CALL:
        case PROBE_CONFIG_MARKER:
          return probe(name);
        default:
          throw unknownFunction(fn);
      }
    },
  };

  /** Bytes of one step. */
  function envelope(number: number, payload: Uint8Array, ms: number): Uint8Array {
    const size = ENVELOPE_BYTES + payload.length;
    if (size > limits.payloadBytes) {
      throw new Fault("bad-payload", `the event has ${payload.length} bytes, which are too many`);
    }
    const bytes = new Uint8Array(size);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(number), true);
    view.setBigUint64(8, BigInt(Math.floor(ms)) * NS_PER_MS, true);
    view.setUint32(16, payload.length, true);
    bytes.set(payload, ENVELOPE_BYTES);
    return bytes;
  }
}

function then<T, U>(value: T | Promise<T>, next: (value: T) => U): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function expectZero(name: string, status: number): void {
  if (status !== 0) throw new Fault("guest-error", `its ${name} returned ${status}`);
}

function textOf(number: number | bigint): Uint8Array {
  return encoder.encode(String(number));
}

function bytesOf(payload: Payload): Uint8Array {
  return typeof payload === "string" ? encoder.encode(payload) : payload;
}
