/**
 * The guest convention of Hanzo Base: the guest allocates, every function is `(ptr, len) -> packed i64`.
 *
 * ```text
 * host: ptr = __base_alloc(len)   guest memory: … [ payload ] … [ result ] …
 * host: packed = fn(ptr, len)                      ^ptr          ^packed >> 32, length in the low half
 * host: copies the result, then __base_free(ptr, len), __base_free(result ptr, result len)
 * ```
 *
 * @module
 */

import { Fault } from "../../errors.ts";
import { type Packed, unpack } from "../../memory.ts";
import {
  type Abi,
  type AbiEnvironment,
  type Guest,
  type GuestFunction,
  LIFECYCLE_EXPORTS,
  type Payload,
  type Session,
} from "./contract.ts";
import { evidenceOf } from "./evidence.ts";

const ALLOC = "__base_alloc";
const FREE = "__base_free";
const OPERATION = "(i32, i32) -> i64";
const RESERVED: readonly string[] = ["memory", ALLOC, FREE, ...LIFECYCLE_EXPORTS];

/** The `base` convention. */
export const baseAbi: Abi = Object.freeze<Abi>({
  name: "base",
  instances: "pool",
  looksFor: `the exports "${ALLOC}" and "${FREE}"`,
  detect: (shape) => evidenceOf(shape, [ALLOC, FREE]),
  requires: [
    { name: "memory", kind: "memory" },
    { name: ALLOC, kind: "function", type: "(i32) -> i32" },
    { name: FREE, kind: "function", type: "(i32, i32)" },
  ],
  operation: OPERATION,
  reserved: RESERVED,
  starts: true,
  bind,
});

const encoder = new TextEncoder();

function bind(guest: Guest, environment: AbiEnvironment): Session {
  const { limits, shape, unknownFunction } = environment;
  const { memory } = guest;
  const operations = new Map<string, GuestFunction>();
  const packed: Packed = { ptr: 0, len: 0 };
  let alloc: GuestFunction = absent;
  let free: GuestFunction = absent;

  function find(name: string): GuestFunction {
    const operation = RESERVED.includes(name) ? undefined : guest.entry(name);
    if (operation === undefined) throw unknownFunction(name);
    const type = shape.exports.find((one) => one.name === name)?.type;
    if (type !== undefined && type !== OPERATION) {
      throw unknownFunction(name, `its export "${name}" is ${type}, not ${OPERATION}`);
    }
    operations.set(name, operation);
    return operation;
  }

  function allocate(len: number): number {
    const ptr = alloc(len);
    if (typeof ptr !== "number" || (ptr === 0 && len !== 0)) {
      throw new Fault("bad-guest-data", `its ${ALLOC} gave no memory for ${len} bytes`);
    }
    return ptr;
  }

  function finish(answer: unknown, inPtr: number, inLen: number): Uint8Array {
    if (typeof answer !== "bigint") {
      throw new Fault("bad-guest-data", "it returned no packed i64");
    }
    unpack(answer, packed);
    const { ptr, len } = packed;
    if (len > limits.payloadBytes) throw tooLarge("its result", len, limits.payloadBytes);
    // Copied before anything is freed: a result may lie inside the input.
    const result = len === 0 ? new Uint8Array(0) : memory.read(ptr, len, "its result");
    free(inPtr, inLen);
    // A guest that edits its input in place hands it back; freeing it twice would corrupt its heap.
    if (len !== 0 && ptr !== inPtr >>> 0) free(ptr, len);
    return result;
  }

  /** Text whose UTF-8 is longer than its UTF-16: its size is known only once it is encoded. */
  function invokeEncoded(operation: GuestFunction, text: string): Uint8Array | Promise<Uint8Array> {
    const bytes = encoder.encode(text);
    if (bytes.length > limits.payloadBytes) {
      throw tooLarge("the payload", bytes.length, limits.payloadBytes);
    }
    const ptr = allocate(bytes.length);
    memory.write(ptr, bytes, "its input buffer");
    return run(operation, ptr, bytes.length);
  }

  function run(
    operation: GuestFunction,
    ptr: number,
    len: number,
  ): Uint8Array | Promise<Uint8Array> {
    const answer = operation(ptr, len);
    if (!guest.suspends) return finish(answer, ptr, len);
    return Promise.resolve(answer).then((value) => finish(value, ptr, len));
  }

  return {
    imports: {},
    start() {
      alloc = guest.fn(ALLOC) ?? absent;
      free = guest.fn(FREE) ?? absent;
    },
    invoke(fn: string, payload: Payload) {
      const operation = operations.get(fn) ?? find(fn);
      const len = payload.length;
      const ptr = allocate(len);
      if (typeof payload !== "string") {
        memory.write(ptr, payload, "its input buffer");
      } else if (len !== 0 && memory.writeText(ptr, len, payload, "its input buffer") < 0) {
        free(ptr, len);
        return invokeEncoded(operation, payload);
      }
      return run(operation, ptr, len);
    },
  };
}

function absent(): never {
  throw new Fault("bad-guest-data", `it exports no ${ALLOC} or ${FREE}`);
}

function tooLarge(what: string, len: number, limit: number): Fault {
  return new Fault("payload-limit", `${what} has ${len} bytes where ${limit} are allowed`);
}
