/**
 * Functions that stand in for instructions whose work grows with a length. They charge for the length
 * before they do the work, and do much work in pieces, with a check before each: one fill of
 * 64 MiB takes longer than a call may overrun.
 *
 * @module
 */

import { OP } from "./emit.ts";
import { MISC, VALUE_TYPE } from "./opcodes.ts";
import { refused } from "./reader.ts";
import { type LengthHelpers, MEMORY_GROW } from "./scan.ts";
import { Writer } from "./writer.ts";

/** How one kind of work is charged. */
interface Tariff {
  /** Bytes or elements done between two checks: a fraction of a millisecond. */
  readonly piece: number;
  /** Units of a whole piece. */
  readonly pieceUnits: number;
  /** Turns the length of the last piece, on the stack, into units. */
  readonly units: readonly number[];
}

/** A unit for sixteen bytes: memory that is touched first takes half a nanosecond a byte. */
const MEMORY: Tariff = {
  piece: 2 ** 18,
  pieceUnits: 2 ** 14,
  units: [OP.i32Const, 4, OP.i32ShrU],
};

/** Four units for an element of a table, which takes some 30 ns. */
const TABLE: Tariff = {
  piece: 2 ** 12,
  pieceUnits: 2 ** 14,
  // A length that leaves the table is cut down: the instruction itself will trap.
  units: [OP.i32Const, 0xff, 0xff, 0x03, OP.i32And, OP.i32Const, 2, OP.i32Shl],
};

/** Units of growing at all, and of one more page or element. */
const GROW_COST = 2_000;
const PAGE_SHIFT = 8;
const ELEMENT_SHIFT = 4;
/** No memory has more pages, no growing table more elements; more is refused at no cost. */
const MOST_GROWTH = 65_536;

/** Each helper is twenty times as long as the instruction: pairs of segments and tables are an attack. */
const MAX_HELPERS = 4_096;

/** A helper that some body calls. */
interface Helper {
  readonly sub: number;
  readonly x: number;
  readonly y: number;
}

/** Collects the helpers that bodies ask for, and writes them. */
export class BulkHelpers implements LengthHelpers {
  readonly #helpers: Helper[] = [];
  readonly #indices = new Map<string, number>();
  readonly #first: number;
  readonly #tableTypes: readonly number[];

  /** The helpers' functions begin at index `first`; `tableTypes` are the elements of each table. */
  constructor(first: number, tableTypes: readonly number[]) {
    this.#first = first;
    this.#tableTypes = tableTypes;
  }

  get count(): number {
    return this.#helpers.length;
  }

  indexOf(sub: number, x: number, y: number): number {
    const key = `${sub}:${x}:${y}`;
    let index = this.#indices.get(key);
    if (index === undefined) {
      if (this.#helpers.length === MAX_HELPERS) {
        throw refused(`it copies between more than ${MAX_HELPERS} pairs of segments and tables`);
      }
      index = this.#first + this.#helpers.length;
      this.#helpers.push({ sub, x, y });
      this.#indices.set(key, index);
    }
    return index;
  }

  /** The parameters and results of each helper. */
  signatures(): readonly {
    readonly params: readonly number[];
    readonly results: readonly number[];
  }[] {
    const { i32, funcref } = VALUE_TYPE;
    return this.#helpers.map(({ sub, x }) => {
      const element = this.#tableTypes[x] ?? funcref;
      switch (sub) {
        case MEMORY_GROW:
          return { params: [i32], results: [i32] };
        case MISC.tableGrow:
          return { params: [element, i32], results: [i32] };
        case MISC.tableFill:
          return { params: [i32, element, i32], results: [] };
        default:
          return { params: [i32, i32, i32], results: [] };
      }
    });
  }

  /** Writes the bodies, each with its size; `charge` is a function `(i32) -> ()`. */
  emit(out: Writer, charge: number): void {
    const body = new Writer();
    for (const helper of this.#helpers) {
      body.clear();
      body.byte(0); // no locals
      if (helper.sub === MEMORY_GROW || helper.sub === MISC.tableGrow) {
        emitGrow(body, helper, charge);
      } else {
        emitPieces(body, helper, charge);
      }
      body.byte(OP.end);
      out.sized(body);
    }
  }
}

function emitInstruction(out: Writer, { sub, x, y }: Helper): void {
  if (sub === MEMORY_GROW) {
    out.byte(OP.memoryGrow);
    out.u32(x);
    return;
  }
  out.byte(OP.misc);
  out.u32(sub);
  out.u32(x);
  if (sub !== MISC.memoryFill && sub !== MISC.tableFill && sub !== MISC.tableGrow) out.u32(y);
}

/** `charge(length); return grow(…, length)` */
function emitGrow(out: Writer, helper: Helper, charge: number): void {
  const isTable = helper.sub === MISC.tableGrow;
  const length = isTable ? 1 : 0;
  out.bytes(OP.localGet, length, OP.i32Const);
  out.s32(isTable ? ELEMENT_SHIFT : PAGE_SHIFT);
  out.bytes(OP.i32Shl, OP.i32Const, 0, OP.localGet, length, OP.i32Const);
  out.s32(MOST_GROWTH);
  out.bytes(OP.i32LeU, OP.select, OP.i32Const);
  out.s32(GROW_COST);
  out.bytes(OP.i32Add, OP.call);
  out.u32(charge);
  if (isTable) out.bytes(OP.localGet, 0);
  out.bytes(OP.localGet, length);
  emitInstruction(out, helper);
}

/** The parameters of instructions that work on a stretch: target, source or value, length. */
const TARGET = 0;
const SOURCE = 1;
const LENGTH = 2;

/**
 * ```text
 * if (length > piece && neither end wraps) {
 *   instruction(target + length, source + length, 0);     traps if the whole would
 *   while (length > piece) { charge(piece); instruction(…, piece) }     from the end where they overlap
 * }
 * charge(length); instruction(target, source, length)
 * ```
 */
function emitPieces(out: Writer, helper: Helper, charge: number): void {
  const { sub } = helper;
  const tariff = sub < MISC.tableInit && sub !== MISC.dataDrop ? MEMORY : TABLE;
  const isFill = sub === MISC.memoryFill || sub === MISC.tableFill;
  const isCopy = sub === MISC.memoryCopy || sub === MISC.tableCopy;
  const stretches = isFill ? [TARGET] : [TARGET, SOURCE];

  const pushMoved = (local: number): void => {
    out.bytes(OP.localGet, local);
    if (stretches.includes(local)) out.bytes(OP.localGet, LENGTH, OP.i32Add);
  };
  const pushPiece = (): void => {
    out.byte(OP.i32Const);
    out.s32(tariff.piece);
  };
  const continueWhileLong = (): void => {
    out.bytes(OP.localGet, LENGTH);
    pushPiece();
    out.bytes(OP.i32GtU, OP.brIf, 0, OP.end);
  };
  const chargePiece = (): void => {
    out.bytes(OP.loop, OP.empty, OP.i32Const);
    out.s32(tariff.pieceUnits);
    out.byte(OP.call);
    out.u32(charge);
  };
  const shorten = (): void => {
    out.bytes(OP.localGet, LENGTH);
    pushPiece();
    out.bytes(OP.i32Sub, OP.localSet, LENGTH);
  };
  const forward = (): void => {
    chargePiece();
    out.bytes(OP.localGet, TARGET, OP.localGet, SOURCE);
    pushPiece();
    emitInstruction(out, helper);
    for (const local of stretches) {
      out.bytes(OP.localGet, local);
      pushPiece();
      out.bytes(OP.i32Add, OP.localSet, local);
    }
    shorten();
    continueWhileLong();
  };
  const backward = (): void => {
    chargePiece();
    shorten();
    pushMoved(TARGET);
    pushMoved(SOURCE);
    pushPiece();
    emitInstruction(out, helper);
    continueWhileLong();
  };

  out.bytes(OP.block, OP.empty, OP.localGet, LENGTH);
  pushPiece();
  out.bytes(OP.i32LeU, OP.brIf, 0);
  for (const local of stretches) {
    pushMoved(local);
    out.bytes(OP.localGet, local, OP.i32LtU, OP.brIf, 0);
  }
  pushMoved(TARGET);
  pushMoved(SOURCE);
  out.bytes(OP.i32Const, 0);
  emitInstruction(out, helper);
  if (isCopy) {
    out.bytes(OP.localGet, TARGET, OP.localGet, SOURCE, OP.i32GtU, OP.if, OP.empty);
    backward();
    out.byte(OP.else);
    forward();
    out.byte(OP.end);
  } else {
    forward();
  }
  out.bytes(OP.end, OP.localGet, LENGTH, ...tariff.units, OP.call);
  out.u32(charge);
  out.bytes(OP.localGet, TARGET, OP.localGet, SOURCE, OP.localGet, LENGTH);
  emitInstruction(out, helper);
}
