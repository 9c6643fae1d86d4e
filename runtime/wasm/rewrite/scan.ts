/**
 * Reads one function body instruction by instruction and notes where something has to be inserted or
 * replaced. It writes nothing, and guesses nothing: an instruction it does not know is refused.
 *
 * @module
 */

import {
  ATOMIC,
  ATOMIC_COST,
  CALL_COST,
  COSTS,
  FORM,
  FORMS,
  instructionName,
  isReferenceType,
  isValueType,
  MISC,
  PREFIX,
  RUNTIME_COST,
  SIMD_COST,
  SIMD_END,
  SIMD_FORM,
  SIMD_FORMS,
} from "./opcodes.ts";
import { Plan } from "./plan.ts";
import { refused } from "./reader.ts";
import { Regions } from "./regions.ts";

/** Finds the function that stands in for an instruction whose work grows with a length. */
export interface LengthHelpers {
  /** Index of the helper of `0xfc sub x y`, or of `memory.grow` where `sub` is -1. */
  indexOf(sub: number, x: number, y: number): number;
}

/** The instruction `memory.grow`, which has no prefix. */
export const MEMORY_GROW = -1;

/** Most bytes of numbers of 32 and 64 bits. */
const LONG = 5;
const LONGEST = 10;
const EMPTY_BLOCK = 0x40;
/** Bit of an alignment that says that a memory's index follows. */
const MEMORY_INDEX = 0x40;
/** Sign of the last byte of a number. */
const NEGATIVE = 0x40;
const LAST_HANDLER = 3;
const LAST_HANDLER_WITH_TAG = 1;

/** Scans bodies, one at a time. */
export class Scanner {
  /** What the last scan found. */
  readonly plan: Plan = new Plan();
  readonly #regions = new Regions(this.plan);
  #bytes: Uint8Array = new Uint8Array();
  /** Position while an instruction is read that is none of the frequent ones. */
  #at = 0;

  /**
   * Scans the instructions of `bytes` from `start` up to `end` into `plan`.
   *
   * @throws {Fault} `unsupported` for an instruction it does not know, or a body it cannot follow.
   */
  scan(bytes: Uint8Array, start: number, end: number, helpers: LengthHelpers): void {
    this.plan.clear();
    this.#regions.begin(start);
    this.#bytes = bytes;
    let at = start;
    let cost = 0;
    while (at < end) {
      const opcodeAt = at;
      const opcode = bytes[at++] ?? 0;
      cost += COSTS[opcode] ?? 0;
      const form = FORMS[opcode] ?? FORM.unknown;
      // Three forms make up most of any body: they are read here, the others below.
      if (form === FORM.plain) continue;
      if (form === FORM.leb32) {
        at = numberEnd(bytes, at, LONG);
        continue;
      }
      if (form === FORM.memarg) {
        const isPlain = (bytes[at] ?? 0) < MEMORY_INDEX;
        at = isPlain ? numberEnd(bytes, at + 1, LONG) : this.#memargEnd(at);
        continue;
      }
      this.#at = at;
      this.#regions.charge(cost);
      cost = 0;
      if (form === FORM.end && this.#regions.depth === 0) {
        if (at !== end) throw refused("a body ends before its last byte", opcodeAt);
        this.#regions.finish();
        return;
      }
      this.#readOther(form, opcodeAt, end, helpers);
      at = this.#at;
    }
    throw refused("a body ends inside a block or an instruction", end);
  }

  #readOther(form: number, opcodeAt: number, end: number, helpers: LengthHelpers): void {
    const regions = this.#regions;
    switch (form) {
      case FORM.leb64:
        this.#skipNumber(LONGEST);
        break;
      case FORM.fixed4:
        this.#at += 4;
        break;
      case FORM.fixed8:
        this.#at += 8;
        break;
      case FORM.block:
        this.#skipBlockType();
        regions.openBlock();
        break;
      case FORM.loop:
        regions.leaveLeaf(opcodeAt);
        this.#skipBlockType();
        regions.openLoop(this.#at);
        break;
      case FORM.if:
        this.#skipBlockType();
        regions.openIf(this.#at);
        break;
      case FORM.catch:
        this.#skipNumber(LONG);
        this.#checkInside(opcodeAt);
        regions.nextArm(this.#at);
        break;
      case FORM.else:
        this.#checkInside(opcodeAt);
        regions.nextArm(this.#at);
        break;
      case FORM.delegate:
        this.#skipNumber(LONG);
        this.#checkInside(opcodeAt);
        regions.closeBlock(this.#at);
        break;
      case FORM.end:
        regions.closeBlock(this.#at);
        break;
      case FORM.try:
        this.#skipBlockType();
        regions.openBlock();
        this.plan.tries++;
        break;
      case FORM.tryTable:
        this.#skipBlockType();
        this.#skipHandlers(end);
        regions.openBlock();
        this.plan.tries++;
        break;
      case FORM.brTable:
        for (let left = this.#number(); left >= 0 && this.#at < end; left--) this.#skipNumber(LONG);
        break;
      case FORM.call:
        this.#skipNumber(LONG);
        this.#addCall(opcodeAt);
        break;
      case FORM.callIndirect:
        this.#skipNumber(LONG);
        this.#skipNumber(LONG);
        this.#addCall(opcodeAt);
        break;
      case FORM.returnCall:
        this.#skipNumber(LONG);
        this.#addTailCall(opcodeAt);
        break;
      case FORM.returnCallIndirect:
        this.#skipNumber(LONG);
        this.#skipNumber(LONG);
        this.#addTailCall(opcodeAt);
        break;
      case FORM.return:
        this.plan.addLeave(opcodeAt);
        break;
      case FORM.throw:
        this.#skipNumber(LONG);
        this.plan.addLeave(opcodeAt);
        break;
      case FORM.throwRef:
        this.plan.addLeave(opcodeAt);
        break;
      case FORM.selectTyped:
        for (let left = this.#number(); left > 0; left--) {
          if (!isValueType(this.#byte())) throw refused("it uses typed references", this.#at);
        }
        break;
      case FORM.memoryGrow:
        this.#addHelper(opcodeAt, helpers, MEMORY_GROW, 1);
        break;
      case FORM.refNull:
        if (!isReferenceType(this.#byte())) throw refused("it uses typed references", this.#at);
        break;
      case FORM.misc:
        this.#readMisc(opcodeAt, helpers);
        break;
      case FORM.simd:
        this.#readSimd(opcodeAt);
        break;
      case FORM.atomic:
        this.#readAtomic(opcodeAt);
        break;
      default:
        throw refused(`it uses ${instructionName(this.#bytes[opcodeAt] ?? 0)}`, opcodeAt);
    }
  }

  #readMisc(opcodeAt: number, helpers: LengthHelpers): void {
    const sub = this.#number();
    switch (sub) {
      case MISC.memoryInit:
      case MISC.memoryCopy:
      case MISC.tableInit:
      case MISC.tableCopy:
        this.#addHelper(opcodeAt, helpers, sub, 2);
        break;
      case MISC.memoryFill:
      case MISC.tableGrow:
      case MISC.tableFill:
        this.#addHelper(opcodeAt, helpers, sub, 1);
        break;
      case MISC.dataDrop:
      case MISC.elemDrop:
      case MISC.tableSize:
        this.#regions.charge(RUNTIME_COST);
        this.#skipNumber(LONG);
        break;
      default:
        if (sub <= MISC.lastConversion) break;
        throw refused(`it uses ${instructionName(PREFIX.misc, sub)}`, opcodeAt);
    }
  }

  #readSimd(opcodeAt: number): void {
    const sub = this.#number();
    this.#regions.charge(SIMD_COST);
    switch (sub < SIMD_END ? SIMD_FORMS[sub] : SIMD_FORM.unknown) {
      case SIMD_FORM.plain:
        break;
      case SIMD_FORM.memarg:
        this.#at = this.#memargEnd(this.#at);
        break;
      case SIMD_FORM.wide:
        this.#at += 16;
        break;
      case SIMD_FORM.lane:
        this.#at++;
        break;
      case SIMD_FORM.memargLane:
        this.#at = this.#memargEnd(this.#at) + 1;
        break;
      default:
        throw refused(`it uses ${instructionName(PREFIX.simd, sub)}`, opcodeAt);
    }
  }

  #readAtomic(opcodeAt: number): void {
    const sub = this.#number();
    this.#regions.charge(ATOMIC_COST);
    if (sub === ATOMIC.fence) {
      this.#at++;
    } else if (sub <= ATOMIC.lastWait || sub >= ATOMIC.first && sub <= ATOMIC.last) {
      this.#at = this.#memargEnd(this.#at);
    } else {
      throw refused(`it uses ${instructionName(PREFIX.atomic, sub)}`, opcodeAt);
    }
  }

  #addCall(opcodeAt: number): void {
    this.#regions.leaveLeaf(opcodeAt);
    this.#regions.charge(CALL_COST);
    this.plan.calls++;
    this.plan.addCall(opcodeAt, this.#at - opcodeAt);
  }

  #addTailCall(opcodeAt: number): void {
    this.#regions.leaveLeaf(opcodeAt);
    this.#regions.charge(CALL_COST);
    this.plan.calls++;
    this.plan.addLeave(opcodeAt);
  }

  #addHelper(opcodeAt: number, helpers: LengthHelpers, sub: number, operands: number): void {
    const x = this.#number();
    const y = operands > 1 ? this.#number() : 0;
    this.#regions.leaveLeaf(opcodeAt);
    this.#regions.charge(CALL_COST);
    this.plan.calls++;
    this.plan.addHelper(opcodeAt, this.#at - opcodeAt, helpers.indexOf(sub, x, y));
  }

  #checkInside(opcodeAt: number): void {
    if (this.#regions.depth === 0) throw refused("a block ends that never began", opcodeAt);
  }

  #skipHandlers(end: number): void {
    for (let left = this.#number(); left > 0; left--) {
      const kind = this.#byte();
      if (kind > LAST_HANDLER || this.#at > end) {
        throw refused("it has an unknown exception handler", this.#at);
      }
      if (kind <= LAST_HANDLER_WITH_TAG) this.#skipNumber(LONG);
      this.#skipNumber(LONG);
    }
  }

  #skipBlockType(): void {
    const first = this.#bytes[this.#at] ?? 0;
    this.#skipNumber(LONG);
    if (first === EMPTY_BLOCK || isValueType(first)) return;
    // Any other negative number is a type that is not taken here.
    if (((this.#bytes[this.#at - 1] ?? 0) & NEGATIVE) !== 0) {
      throw refused("it uses typed references", this.#at);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw refused("it ends too early", this.#at);
    return byte;
  }

  /** An unsigned number. */
  #number(): number {
    const start = this.#at;
    this.#at = numberEnd(this.#bytes, start, LONG);
    let value = 0;
    for (let at = this.#at - 1; at >= start; at--) {
      value = value * 128 + ((this.#bytes[at] ?? 0) & 0x7f);
    }
    return value;
  }

  #skipNumber(longest: number): void {
    this.#at = numberEnd(this.#bytes, this.#at, longest);
  }

  #memargEnd(at: number): number {
    this.#at = at;
    const alignment = this.#number();
    if ((alignment & MEMORY_INDEX) !== 0 && this.#number() !== 0) {
      throw refused("it uses a second memory", at);
    }
    this.#skipNumber(LONG);
    return this.#at;
  }
}

/** The position behind the number at `at`. */
function numberEnd(bytes: Uint8Array, at: number, longest: number): number {
  let end = at;
  while ((bytes[end++] ?? 0) >= 0x80) {
    if (end - at >= longest) throw refused("a number is too long", at);
  }
  return end;
}
