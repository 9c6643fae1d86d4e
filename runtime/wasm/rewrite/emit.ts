/**
 * Writes a function body with the checks inserted. The counter of units stands in a global; a function
 * with a loop that calls nothing keeps it in a local meanwhile, which makes such loops about as fast
 * as they were.
 *
 * @module
 */

import { VALUE_TYPE } from "./opcodes.ts";
import { EDIT, EDIT_SIZE, type Plan } from "./plan.ts";
import type { Writer } from "./writer.ts";

/** Indices of what the rewriter appends to a module. */
export interface Appended {
  /** The counter: a mutable i32. */
  readonly counter: number;
  /** `() -> ()`: asks for more units for the counter. */
  readonly refill: number;
  /** `(i32) -> i32`: the same for a counter that stands in a local. */
  readonly refillLocal: number;
}

/** Instructions that are inserted. */
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32LeU: 0x4d,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32GtU: 0x4b,
  i32And: 0x71,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  select: 0x1b,
  drop: 0x1a,
  refNull: 0xd0,
  misc: 0xfc,
  empty: 0x40,
} as const;

/** One function body, as the code section has it. */
export interface Body {
  readonly bytes: Uint8Array;
  /** First byte of its local declarations. */
  readonly start: number;
  /** First byte of its instructions. */
  readonly code: number;
  readonly end: number;
  /** Parameters and locals it has. */
  readonly locals: number;
  /** Groups of local declarations it has. */
  readonly groups: number;
  /** First byte of the first group. */
  readonly groupsAt: number;
}

/** Where the branches of the checks stand in a body: the engine is told that none is likely. */
export type BranchHints = number[];

/** Charges `units` of the counter in the global. */
function emitCheck(
  out: Writer,
  { counter, refill }: Appended,
  units: number,
  hints: BranchHints,
): void {
  out.byte(OP.globalGet);
  out.u32(counter);
  out.byte(OP.i32Const);
  out.s32(units);
  out.byte(OP.i32Sub);
  out.byte(OP.globalSet);
  out.u32(counter);
  out.byte(OP.globalGet);
  out.u32(counter);
  out.bytes(OP.i32Const, 0, OP.i32LtS);
  hints.push(out.length);
  out.bytes(OP.if, OP.empty, OP.call);
  out.u32(refill);
  out.byte(OP.end);
}

/** Charges `units` of the counter in `local`. */
function emitLocalCheck(
  out: Writer,
  refill: number,
  local: number,
  units: number,
  hints: BranchHints,
): void {
  out.byte(OP.localGet);
  out.u32(local);
  out.byte(OP.i32Const);
  out.s32(units);
  out.byte(OP.i32Sub);
  out.byte(OP.localTee);
  out.u32(local);
  out.bytes(OP.i32Const, 0, OP.i32LtS);
  hints.push(out.length);
  out.bytes(OP.if, OP.empty, OP.localGet);
  out.u32(local);
  out.byte(OP.call);
  out.u32(refill);
  out.byte(OP.localSet);
  out.u32(local);
  out.byte(OP.end);
}

function emitLoad(out: Writer, counter: number, local: number): void {
  out.byte(OP.globalGet);
  out.u32(counter);
  out.byte(OP.localSet);
  out.u32(local);
}

function emitStore(out: Writer, counter: number, local: number): void {
  out.byte(OP.localGet);
  out.u32(local);
  out.byte(OP.globalSet);
  out.u32(counter);
}

/**
 * Writes a body that counts in the global. `out` begins with the body, and so do the places in `hints`.
 */
export function emitBody(
  out: Writer,
  body: Body,
  plan: Plan,
  appended: Appended,
  hints: BranchHints,
): void {
  const { bytes, start, end } = body;
  const { edits, used } = plan;
  let from = start;
  for (let at = 0; at < used; at += EDIT_SIZE) {
    const offset = edits[at] ?? 0;
    const kind = edits[at + 1] ?? 0;
    const value = edits[at + 2] ?? 0;
    if (kind === EDIT.point && value > 0) {
      out.copy(bytes, from, offset);
      emitCheck(out, appended, value, hints);
      from = offset;
    } else if (kind === EDIT.helper) {
      out.copy(bytes, from, offset);
      out.byte(OP.call);
      out.u32(value);
      from = offset + (edits[at + 3] ?? 0);
    }
  }
  out.copy(bytes, from, end);
}

/**
 * Writes a body that counts in a local of its own. The body becomes a block, so that every way
 * to its end, a branch included, passes the place where the counter is stored again.
 */
export function emitLocalBody(
  out: Writer,
  body: Body,
  plan: Plan,
  appended: Appended,
  blockType: readonly number[],
  hints: BranchHints,
): void {
  const { bytes, code, end, locals, groups, groupsAt } = body;
  const { counter, refillLocal } = appended;
  const { edits, used } = plan;
  out.u32(groups + 1);
  out.copy(bytes, groupsAt, code);
  out.bytes(1, VALUE_TYPE.i32);
  emitLoad(out, counter, locals);
  out.byte(OP.block);
  out.bytes(...blockType);
  let from = code;
  for (let at = 0; at < used; at += EDIT_SIZE) {
    const offset = edits[at] ?? 0;
    const kind = edits[at + 1] ?? 0;
    const value = edits[at + 2] ?? 0;
    if (kind === EDIT.point && value === 0) continue;
    out.copy(bytes, from, offset);
    from = offset;
    if (kind === EDIT.point) {
      emitLocalCheck(out, refillLocal, locals, value, hints);
      continue;
    }
    emitStore(out, counter, locals);
    if (kind === EDIT.leave) continue;
    from = offset + (edits[at + 3] ?? 0);
    if (kind === EDIT.helper) {
      out.byte(OP.call);
      out.u32(value);
    } else {
      out.copy(bytes, offset, from);
    }
    emitLoad(out, counter, locals);
  }
  out.copy(bytes, from, end);
  emitStore(out, counter, locals);
  out.byte(OP.end);
}
