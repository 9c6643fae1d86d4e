/**
 * The guest convention of GoatKit: JSON in, JSON out, functions by name.
 *
 * ```text
 * host: registration = gk_register()                guest memory: … [ name ] [ args ] … [ result ] …
 * host: result = gk_call(name, len, args, len)      a result is (ptr << 32) | len, 0 for none
 * guest: answer = host_call(name, len, args, len)   the same, in a buffer of gk_malloc
 * ```
 *
 * The host gives its buffers and each result back by `gk_free`, where there is one.
 *
 * @module
 */

import { Fault } from "../../errors.ts";
import { pack, type Packed, unpack } from "../../memory.ts";
import {
  type Abi,
  type AbiEnvironment,
  type Guest,
  type GuestFunction,
  LIFECYCLE_EXPORTS,
  type Payload,
  type SelfDescription,
  type Session,
} from "./contract.ts";
import { evidenceOf } from "./evidence.ts";
import { gkImports, type GkSession, IMPORT_MODULE } from "./gk_host.ts";
import { parseRegistration } from "./gk_json.ts";
import { rightsOf } from "./gk_permissions.ts";

const REGISTER = "gk_register";
const CALL = "gk_call";
const MALLOC = "gk_malloc";
const FREE = "gk_free";

/** `gk_register` is none of them: calling it gives the registration. */
const RESERVED: readonly string[] = [CALL, MALLOC, FREE, ...LIFECYCLE_EXPORTS];

/** What its routes are served by, where an operator grants it. */
const SERVE = "http.serve";

const PAGE_BYTES = 65_536;

/** The `gk` convention. */
export const gkAbi: Abi = Object.freeze<Abi>({
  name: "gk",
  instances: "one",
  looksFor: `the export "${REGISTER}" or "${CALL}", or imports from "${IMPORT_MODULE}"`,
  detect: (shape) => evidenceOf(shape, [REGISTER, CALL], IMPORT_MODULE),
  requires: [
    { name: "memory", kind: "memory" },
    { name: REGISTER, kind: "function", type: "() -> i64" },
    { name: CALL, kind: "function", type: "(i32, i32, i32, i32) -> i64" },
    { name: MALLOC, kind: "function", type: "(i32) -> i32" },
  ],
  operation: undefined,
  reserved: [REGISTER, ...RESERVED],
  starts: true,
  selfDescribing: true,
  hostFunctions: true,
  defaults: Object.freeze({ timeoutMs: 30_000, memoryBytes: 256 * PAGE_BYTES }),
  bind,
});

const encoder = new TextEncoder();

function bind(guest: Guest, environment: AbiEnvironment): Session {
  const { limits, kept, hostFunctions, unknownFunction } = environment;
  const { memory } = guest;
  const packed: Packed = { ptr: 0, len: 0 };
  let malloc: GuestFunction = absent;
  let free: GuestFunction | undefined;
  let registered: GkSession["registered"];
  let text: Uint8Array = new Uint8Array(0);
  let isAllocating = false;

  /** Room for `bytes`, filled with them; 0 when the guest has none. */
  function write(bytes: Uint8Array, what: string): number {
    isAllocating = true;
    let answer: unknown;
    try {
      answer = malloc(bytes.length);
    } finally {
      isAllocating = false;
    }
    if (typeof answer !== "number") {
      throw new Fault("bad-guest-data", `its ${MALLOC} returned no i32`);
    }
    const ptr = answer >>> 0;
    if (ptr !== 0) memory.write(ptr, bytes, what);
    return ptr;
  }

  /** The same for a buffer that a call cannot do without; no bytes need none. */
  function give(bytes: Uint8Array, what: string): number {
    if (bytes.length === 0) return 0;
    const ptr = write(bytes, what);
    if (ptr === 0) {
      throw new Fault("bad-guest-data", `its ${MALLOC} gave no room for ${bytes.length} bytes`);
    }
    return ptr;
  }

  function giveBack(ptr: number): void {
    if (ptr !== 0) free?.(ptr);
  }

  function take(answer: unknown, what: string): Uint8Array {
    if (typeof answer !== "bigint") {
      throw new Fault("bad-guest-data", `${what} is no packed i64`);
    }
    unpack(answer, packed);
    const { ptr, len } = packed;
    if (len > limits.payloadBytes) {
      const sizes = `${len} bytes where ${limits.payloadBytes} are allowed`;
      throw new Fault("payload-limit", `${what} has ${sizes}`);
    }
    // By the convention either means that there is none.
    return ptr === 0 || len === 0 ? new Uint8Array(0) : memory.read(ptr, len, what);
  }

  function register(answer: unknown): void {
    text = take(answer, "its registration");
    const registration = parseRegistration(text);
    const { permissions } = registration;
    kept.permissions ??= permissions;
    if (!sameTexts(kept.permissions, permissions)) {
      throw new Fault("bad-guest-data", "it registers with other permissions than before");
    }
    const rights = rightsOf(permissions, (call) => hostFunctions.find(call) !== undefined);
    registered = { registration, rights };
  }

  function finish(name: number, args: number, answer: unknown): Uint8Array {
    const result = take(answer, "its result");
    const { ptr } = packed;
    giveBack(ptr);
    giveBack(args);
    giveBack(name);
    return result;
  }

  return {
    imports: gkImports({
      guest,
      environment,
      get registered() {
        return registered;
      },
      get isAllocating() {
        return isAllocating;
      },
      hand(bytes, what) {
        const ptr = write(bytes, what);
        return ptr === 0 ? undefined : pack(ptr, bytes.length);
      },
    }),
    start() {
      malloc = guest.fn(MALLOC) ?? absent;
      free = guest.fn(FREE);
      const answer = guest.entry(REGISTER)?.();
      return guest.suspends ? Promise.resolve(answer).then(register) : register(answer);
    },
    describe(): SelfDescription {
      const { registration, rights } = registered ?? {};
      return {
        capabilities: rights?.asks ?? [],
        accepts: [...rights?.accepts ?? [], ...registration?.routes.length ? [SERVE] : []],
        events: {},
        details: registration,
      };
    },
    invoke(fn: string, payload: Payload) {
      if (fn === REGISTER) return text.slice();
      if (fn === "") throw unknownFunction(fn, "the name of its function is empty");
      if (RESERVED.includes(fn)) {
        throw unknownFunction(fn, `"${fn}" cannot be called, as it belongs to the gk convention`);
      }
      const call = guest.entry(CALL) ?? absent;
      const named = encoder.encode(fn);
      const name = give(named, "its name buffer");
      const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
      const args = give(bytes, "its arguments buffer");
      const answer = call(name, named.length, args, bytes.length);
      if (!guest.suspends) return finish(name, args, answer);
      return Promise.resolve(answer).then((answer) => finish(name, args, answer));
    },
  };
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}

function absent(): never {
  throw new Fault("bad-guest-data", "it lacks a function of the convention");
}
