/**
 * How long every instruction is and what it may cost: one table for the lengths, one for the units
 * of fuel. What is not in the tables is refused by name, never guessed.
 *
 * A unit stands for one plain instruction. The weights bound the time of a unit: whatever
 * mix of instructions a guest chooses, a unit takes at most some tens of nanoseconds.
 *
 * @module
 */

/** What follows an opcode, and what the scanner has to know about it. */
export const FORM = {
  unknown: 0,
  plain: 1,
  /** One number of at most 32 bits. */
  leb32: 2,
  leb64: 3,
  fixed4: 4,
  fixed8: 5,
  /** Alignment and offset. */
  memarg: 6,
  block: 7,
  loop: 8,
  if: 9,
  else: 10,
  end: 11,
  try: 12,
  catch: 13,
  delegate: 15,
  tryTable: 16,
  brTable: 17,
  call: 18,
  callIndirect: 19,
  returnCall: 20,
  returnCallIndirect: 21,
  return: 22,
  throw: 23,
  throwRef: 24,
  selectTyped: 25,
  memoryGrow: 26,
  refNull: 27,
  misc: 28,
  simd: 29,
  atomic: 30,
} as const;

/** First bytes of instructions of two. */
export const PREFIX = { misc: 0xfc, simd: 0xfd, atomic: 0xfe } as const;

/** Length forms of the first byte. */
export const FORMS: Uint8Array = new Uint8Array(256);
/** Units of the first byte; of the prefixes, of each plain instruction behind them. */
export const COSTS: Uint8Array = new Uint8Array(256).fill(1);

/** A load may wait for the main memory of the machine. */
const LOAD_COST = 4;
/** A call costs more than its units tell: a frame, and all of a callee too small to be metered. */
export const CALL_COST = 20;
/** Functions that neither loop nor call are charged by their callers up to this many units. */
export const LEAF_COST = 20;
/** Units of what is done by a runtime function of the engine. */
export const RUNTIME_COST = 16;

function put(form: number, first: number, last: number = first, cost = 1): void {
  for (let opcode = first; opcode <= last; opcode++) {
    FORMS[opcode] = form;
    COSTS[opcode] = cost;
  }
}

put(FORM.plain, 0x00, 0x01); // unreachable, nop
put(FORM.block, 0x02, 0x02, 0);
put(FORM.loop, 0x03, 0x03, 0);
put(FORM.if, 0x04);
put(FORM.else, 0x05, 0x05, 0);
put(FORM.try, 0x06);
put(FORM.catch, 0x07);
put(FORM.throw, 0x08, 0x09, RUNTIME_COST); // throw, rethrow
put(FORM.throwRef, 0x0a, 0x0a, RUNTIME_COST);
put(FORM.end, 0x0b, 0x0b, 0);
put(FORM.leb32, 0x0c, 0x0d); // br, br_if
put(FORM.brTable, 0x0e);
put(FORM.return, 0x0f);
put(FORM.call, 0x10);
put(FORM.callIndirect, 0x11);
put(FORM.returnCall, 0x12);
put(FORM.returnCallIndirect, 0x13);
put(FORM.delegate, 0x18, 0x18, 0);
put(FORM.else, 0x19); // catch_all
put(FORM.plain, 0x1a, 0x1b); // drop, select
put(FORM.selectTyped, 0x1c);
put(FORM.tryTable, 0x1f);
put(FORM.leb32, 0x20, 0x22); // local.get, local.set, local.tee
put(FORM.leb32, 0x23, 0x24); // global.get, global.set
put(FORM.leb32, 0x25, 0x26, RUNTIME_COST); // table.get, table.set
put(FORM.memarg, 0x28, 0x35, LOAD_COST);
put(FORM.memarg, 0x36, 0x3e);
put(FORM.leb32, 0x3f); // memory.size
put(FORM.memoryGrow, 0x40);
put(FORM.leb32, 0x41); // i32.const
put(FORM.leb64, 0x42); // i64.const
put(FORM.fixed4, 0x43); // f32.const
put(FORM.fixed8, 0x44); // f64.const
put(FORM.plain, 0x45, 0xc4);
put(FORM.refNull, 0xd0);
put(FORM.plain, 0xd1); // ref.is_null
put(FORM.leb32, 0xd2, 0xd2, RUNTIME_COST); // ref.func
put(FORM.misc, 0xfc);
put(FORM.simd, 0xfd);
put(FORM.atomic, 0xfe);

/** Instructions behind 0xfc that the scanner knows apart. */
export const MISC = {
  /** Up to here: conversions that saturate. */
  lastConversion: 7,
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elemDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17,
} as const;

/** Length forms of SIMD instructions. */
export const SIMD_FORM = {
  unknown: 0,
  plain: 1,
  memarg: 2,
  /** Sixteen bytes. */
  wide: 3,
  /** One byte. */
  lane: 4,
  memargLane: 5,
} as const;

/** Above the last relaxed instruction. */
export const SIMD_END = 0x114;

/** Length forms behind 0xfd. */
export const SIMD_FORMS: Uint8Array = new Uint8Array(SIMD_END).fill(SIMD_FORM.plain);
SIMD_FORMS.fill(SIMD_FORM.memarg, 0x00, 0x0c);
SIMD_FORMS.fill(SIMD_FORM.wide, 0x0c, 0x0e);
SIMD_FORMS.fill(SIMD_FORM.lane, 0x15, 0x23);
SIMD_FORMS.fill(SIMD_FORM.memargLane, 0x54, 0x5c);
SIMD_FORMS.fill(SIMD_FORM.memarg, 0x5c, 0x5e);
for (
  const hole of [
    ...[0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf],
    ...[0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee],
  ]
) SIMD_FORMS[hole] = SIMD_FORM.unknown;

/** Units of a SIMD instruction: some take a dozen instructions of the machine. */
export const SIMD_COST = 4;
/** Units of an atomic instruction: it waits for the other cores. */
export const ATOMIC_COST = 8;

/** Instructions behind 0xfe: wait and notify, the fence, then loads, stores and exchanges. */
export const ATOMIC = { lastWait: 2, fence: 3, first: 0x10, last: 0x4e } as const;

/** Value types, one byte each; typed function references and those of garbage collection are none. */
export const VALUE_TYPE = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
  exnref: 0x69,
} as const;

/** Bit set of the bytes that are value types. */
const VALUE_TYPES = new Set<number>(Object.values(VALUE_TYPE));

/** Whether a byte is a value type. */
export function isValueType(byte: number): boolean {
  return VALUE_TYPES.has(byte);
}

/** Whether a byte is a reference type. */
export function isReferenceType(byte: number): boolean {
  return byte === VALUE_TYPE.funcref || byte === VALUE_TYPE.externref ||
    byte === VALUE_TYPE.exnref;
}

const NAMES: { readonly [opcode: number]: string } = {
  0x14: "call_ref (typed function references)",
  0x15: "return_call_ref (typed function references)",
  0xd3: "ref.eq (garbage collection)",
  0xd4: "ref.as_non_null (typed function references)",
  0xd5: "br_on_null (typed function references)",
  0xd6: "br_on_non_null (typed function references)",
  0xfb: "of garbage collection or stringref",
};

/** What a refusal calls an instruction. */
export function instructionName(opcode: number, sub?: number): string {
  const name = NAMES[opcode];
  const hex = `0x${opcode.toString(16).padStart(2, "0")}`;
  const code = sub === undefined ? hex : `${hex} 0x${sub.toString(16)}`;
  return name === undefined ? `the unknown instruction ${code}` : `the instruction ${code} ${name}`;
}
