/** What has to be changed in one function body, in order. @module */

/** What happens at an offset of a body. */
export const EDIT = {
  /** A check is inserted that charges the third number; 0 = nothing is inserted. */
  point: 0,
  /** An instruction gives way to a call of the helper in the third number. */
  helper: 1,
  /** A call stands here: what runs elsewhere counts in the same counter. */
  call: 2,
  /** The function is left here. */
  leave: 3,
} as const;

/** Numbers of one edit: offset, kind, value, length of the instruction. */
export const EDIT_SIZE = 4;

/** Most units one point charges; a counter of 32 bits never wraps by it. */
const MAX_CHARGE = 2 ** 30 - 1;

/** The changes of one body; the arrays are used again for the next. */
export class Plan {
  /** Ordered by offset. */
  edits: Int32Array = new Int32Array(1024);
  /** Numbers in use in `edits`. */
  used = 0;
  loops = 0;
  /** Loops that call nothing. */
  tightLoops = 0;
  /** Blocks that catch exceptions. */
  tries = 0;
  calls = 0;

  clear(): void {
    this.used = 0;
    this.loops = 0;
    this.tightLoops = 0;
    this.tries = 0;
    this.calls = 0;
  }

  /** A place to charge; its number is the region's. */
  addPoint(offset: number): number {
    return this.#add(offset, EDIT.point, 0, 0);
  }

  addCall(offset: number, length: number): void {
    this.#add(offset, EDIT.call, 0, length);
  }

  addHelper(offset: number, length: number, index: number): void {
    this.#add(offset, EDIT.helper, index, length);
  }

  addLeave(offset: number): void {
    this.#add(offset, EDIT.leave, 0, 0);
  }

  costOf(region: number): number {
    return this.edits[region + 2] ?? 0;
  }

  charge(region: number, units: number): void {
    this.edits[region + 2] = Math.min(this.costOf(region) + units, MAX_CHARGE);
  }

  /** Charges at `parent` what `region` costs, instead of at its own point. */
  merge(region: number, parent: number): void {
    this.charge(parent, this.costOf(region));
    this.drop(region);
  }

  /** Charges nothing for `region`. */
  drop(region: number): void {
    this.edits[region + 2] = 0;
  }

  #add(offset: number, kind: number, value: number, length: number): number {
    const at = this.used;
    if (at + EDIT_SIZE > this.edits.length) {
      const larger = new Int32Array(this.edits.length * 2);
      larger.set(this.edits);
      this.edits = larger;
    }
    this.edits[at] = offset;
    this.edits[at + 1] = kind;
    this.edits[at + 2] = value;
    this.edits[at + 3] = length;
    this.used = at + EDIT_SIZE;
    return at;
  }
}
