/** What the rewriter appends to a module behind everything of its own, so that no index of the guest moves. @module */

import { type Appended, OP } from "./emit.ts";
import { VALUE_TYPE } from "./opcodes.ts";
import { Writer } from "./writer.ts";

const FUNCTION_TYPE = 0x60;
const MUTABLE = 1;

/** How many of each kind a module has of its own, imports included. */
export interface OwnCounts {
  readonly types: number;
  readonly functions: number;
  readonly tables: number;
  readonly globals: number;
}

/** Functions that stand before those for lengths. */
export const FIXED_FUNCTIONS = 4;

/** Types of appended functions and blocks, each once. */
export class AppendedTypes {
  readonly #first: number;
  readonly #indices = new Map<string, number>();
  readonly #out = new Writer();

  /** New types begin at index `first`. */
  constructor(first: number) {
    this.#first = first;
  }

  get count(): number {
    return this.#indices.size;
  }

  get written(): Uint8Array {
    return this.#out.written;
  }

  indexOf(params: ArrayLike<number>, results: ArrayLike<number>): number {
    const [from, to] = [Array.from(params), Array.from(results)];
    const key = `${from}:${to}`;
    let index = this.#indices.get(key);
    if (index === undefined) {
      index = this.#first + this.#indices.size;
      this.#indices.set(key, index);
      this.#out.byte(FUNCTION_TYPE);
      for (const types of [from, to]) {
        this.#out.u32(types.length);
        this.#out.bytes(...types);
      }
    }
    return index;
  }
}

/** Indices of everything that is always appended. */
export interface Appendix extends Appended {
  /** `(i32) -> ()`: charges the counter in the global. */
  readonly charge: number;
  /** `(i32) -> (i32)`: sets the counter and gives the old one; exported. */
  readonly exchange: number;
  /** The host's object for this instance: a mutable externref; exported. */
  readonly owner: number;
  /** Whether a refill is under way: a mutable i32. */
  readonly busy: number;
  /** A table of one function, which the host sets; exported. */
  readonly table: number;
  /** Type of the function in that table: `(externref, i32) -> (i32)`. */
  readonly hostType: number;
  /** Types of the fixed functions, in order. */
  readonly functionTypes: readonly number[];
}

/** Where everything appended stands. */
export function layAppendix(own: OwnCounts, types: AppendedTypes): Appendix {
  const { i32, externref } = VALUE_TYPE;
  const exchangeType = types.indexOf([i32], [i32]);
  return {
    refillLocal: own.functions,
    refill: own.functions + 1,
    charge: own.functions + 2,
    exchange: own.functions + 3,
    functionTypes: [
      exchangeType,
      types.indexOf([], []),
      types.indexOf([i32], []),
      exchangeType,
    ],
    hostType: types.indexOf([externref, i32], [i32]),
    counter: own.globals,
    busy: own.globals + 1,
    owner: own.globals + 2,
    table: own.tables,
  };
}

/** How many globals {@linkcode writeGlobals} writes. */
export const GLOBALS = 3;

/** The counter, the mark of a refill, and the host's object. */
export function writeGlobals(out: Writer): void {
  for (let left = 2; left > 0; left--) {
    out.bytes(VALUE_TYPE.i32, MUTABLE, OP.i32Const, 0, OP.end);
  }
  out.bytes(VALUE_TYPE.externref, MUTABLE, OP.refNull, VALUE_TYPE.externref, OP.end);
}

/** The table through which the host is called. */
export function writeTable(out: Writer): void {
  out.bytes(VALUE_TYPE.funcref, 1, 1, 1); // with a maximum: one element, never more
}

/** The bodies of the fixed functions, each with its size. */
export function writeFunctions(out: Writer, appendix: Appendix): void {
  for (const write of [writeRefillLocal, writeRefill, writeCharge, writeExchange]) {
    const body = new Writer();
    write(body, appendix);
    body.byte(OP.end);
    out.sized(body);
  }
}

/**
 * Asks the host for more. The global moves by what was granted, so that granted units less the
 * global are those charged when the counter was last stored there, however large the slices are.
 */
function writeRefillLocal(out: Writer, { counter, busy, owner, table, hostType }: Appendix): void {
  const own = 0;
  const granted = 1;
  out.bytes(1, 1, VALUE_TYPE.i32);
  // A refill that failed and was caught by the guest must not be followed by another.
  out.byte(OP.globalGet);
  out.u32(busy);
  out.bytes(OP.if, OP.empty, OP.unreachable, OP.end, OP.i32Const, 1, OP.globalSet);
  out.u32(busy);
  out.byte(OP.globalGet);
  out.u32(owner);
  out.bytes(OP.localGet, own, OP.i32Const, 0, OP.callIndirect);
  out.u32(hostType);
  out.u32(table);
  out.bytes(OP.localTee, granted, OP.localGet, own, OP.i32Sub, OP.globalGet);
  out.u32(counter);
  out.bytes(OP.i32Add, OP.globalSet);
  out.u32(counter);
  out.bytes(OP.i32Const, 0, OP.globalSet);
  out.u32(busy);
  out.bytes(OP.localGet, granted);
}

function writeRefill(out: Writer, { counter, refillLocal }: Appendix): void {
  out.bytes(0, OP.globalGet);
  out.u32(counter);
  out.byte(OP.call);
  out.u32(refillLocal);
  out.byte(OP.drop);
}

function writeCharge(out: Writer, { counter, refill }: Appendix): void {
  out.bytes(0, OP.globalGet);
  out.u32(counter);
  out.bytes(OP.localGet, 0, OP.i32Sub, OP.globalSet);
  out.u32(counter);
  out.byte(OP.globalGet);
  out.u32(counter);
  out.bytes(OP.i32Const, 0, OP.i32LtS, OP.if, OP.empty, OP.call);
  out.u32(refill);
  out.byte(OP.end);
}

function writeExchange(out: Writer, { counter }: Appendix): void {
  out.bytes(0, OP.globalGet);
  out.u32(counter);
  out.bytes(OP.localGet, 0, OP.globalSet);
  out.u32(counter);
}
