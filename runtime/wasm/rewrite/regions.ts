/**
 * Divides a body into regions, each with a point at which its units are charged. A region is code that
 * runs at most once each time its point is passed: the point stands before all of it on every
 * path, and nothing in it jumps back. Points are the function's entry, every loop head, and those
 * branches that are large enough to be worth one. So the units charged at the points are never
 * fewer than those of what really runs.
 *
 * @module
 */

import { LEAF_COST } from "./opcodes.ts";
import type { Plan } from "./plan.ts";
import { refused } from "./reader.ts";

/** A branch with at least so many units has a point of its own. */
const BRANCH_COST = 64;
/** Once a region has so many units, smaller branches get points of their own too. */
const REGION_COST = 512;
const SMALL_BRANCH_COST = 12;
/** Units of entering a function. */
const ENTRY_COST = 4;
/** Deepest nesting: what is kept for each block stays small against the body itself. */
const MAX_DEPTH = 100_000;

/** The kinds of blocks that differ here. */
const BLOCK = { plain: 0, loop: 1 } as const;

/** The regions of the body that is being scanned; the arrays are used again for the next. */
export class Regions {
  readonly #plan: Plan;
  /** The blocks that are open: their kinds, and the region in force where each begins. */
  readonly #kinds = new Uint8Array(MAX_DEPTH);
  readonly #outer = new Int32Array(MAX_DEPTH);
  /** Branches that were open where each block begins, without and with the block's current arm. */
  readonly #branchesBefore = new Int32Array(MAX_DEPTH);
  readonly #branchesWithArm = new Int32Array(MAX_DEPTH);
  /** Calls seen where each block begins. */
  readonly #callsBefore = new Int32Array(MAX_DEPTH);
  /** The branches that are open: the region of each, and the one in force before it. */
  readonly #branches = new Int32Array(MAX_DEPTH);
  readonly #parents = new Int32Array(MAX_DEPTH);
  #branchCount = 0;
  #region = 0;
  #entry = 0;
  /** The first call or loop: the entry may be charged as late as here. -1 until it is met. */
  #late = -1;
  /** How many blocks are open there, and whether the innermost of them still is. */
  #lateDepth = 0;
  #lateIsOpen = true;
  /** Whether no call or loop follows outside of it. */
  #lateFits = true;
  /** Units before it: they run uncharged where the function is left earlier. */
  #lateBefore = 0;
  /** Units of the entry's region when that block ended. */
  #lateInside = -1;
  /** The loop that begins there, if it calls something. */
  #lateLoop = -1;
  /** Open blocks. */
  depth = 0;

  /** Writes into `plan`. */
  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** A body begins at `offset`. */
  begin(offset: number): void {
    this.depth = 0;
    this.#branchCount = 0;
    this.#entry = this.#region = this.#plan.addPoint(offset);
    this.#plan.charge(this.#entry, ENTRY_COST);
    this.#late = -1;
    this.#lateIsOpen = true;
    this.#lateFits = true;
    this.#lateInside = -1;
    this.#lateLoop = -1;
  }

  /** `units` more ran in the region in force. */
  charge(units: number): void {
    this.#plan.charge(this.#region, units);
  }

  /** A block begins; `offset` is behind its head. */
  openBlock(): void {
    this.#open(BLOCK.plain);
  }

  /** A loop begins. */
  openLoop(offset: number): void {
    this.#open(BLOCK.loop);
    this.#region = this.#plan.addPoint(offset);
    this.#plan.charge(this.#region, 1);
    if (this.#plan.loops === 0 && this.#plan.calls === 0) this.#lateLoop = this.#region;
    this.#plan.loops++;
  }

  /** A block begins that is a branch. */
  openIf(offset: number): void {
    this.#open(BLOCK.plain);
    this.#openArm(offset);
  }

  /** The other arm of an `if`, or a handler, begins. */
  nextArm(offset: number): void {
    this.#closeBranches(this.#branchesBefore[this.depth - 1] ?? 0);
    this.#region = this.#outer[this.depth - 1] ?? 0;
    this.#openArm(offset);
    this.#closeLate();
  }

  /** The innermost block ends; `offset` is behind its end. */
  closeBlock(offset: number): void {
    const block = this.depth - 1;
    this.#closeBranches(this.#branchesBefore[block] ?? 0);
    this.#region = this.#outer[block] ?? 0;
    this.#closeLate();
    this.depth = block;
    if (this.#kinds[block] === BLOCK.loop) {
      const isTight = this.#callsBefore[block] === this.#plan.calls;
      if (isTight) this.#plan.tightLoops++;
      if (isTight && block === this.#lateDepth) this.#lateLoop = -1;
      return;
    }
    // What follows may be reached by a branch: what ran up to here in the outer block ends.
    this.#closeBranches(block === 0 ? 0 : this.#branchesWithArm[block - 1] ?? 0);
    this.#openBranch(offset);
  }

  /** A call or a loop stands at `offset`; until the first of them the function could be a leaf. */
  leaveLeaf(offset: number): void {
    if (this.#late >= 0) {
      this.#lateFits &&= this.#lateIsOpen;
      return;
    }
    let before = this.#plan.costOf(this.#entry);
    for (let at = 0; at < this.#branchCount; at++) {
      before += this.#plan.costOf(this.#branches[at] ?? 0);
    }
    this.#late = this.#plan.addPoint(offset);
    this.#lateDepth = this.depth;
    this.#lateBefore = before;
  }

  /**
   * The body ends. Its entry is charged as late as possible: what runs on ways that pass no point at
   * all neither calls nor loops and is small; it is part of what a call costs the caller.
   */
  finish(): void {
    this.#closeBranches(0);
    const plan = this.#plan;
    const cost = plan.costOf(this.#entry);
    if (this.#late < 0) {
      if (cost <= LEAF_COST) plan.drop(this.#entry);
      return;
    }
    const after = this.#lateInside < 0 ? 0 : cost - this.#lateInside;
    if (!this.#lateFits || this.#lateBefore + after > LEAF_COST) return;
    // A loop that calls has its check anyway, and one is enough.
    const toLoop = this.#lateLoop >= 0 && cost <= BRANCH_COST;
    plan.merge(this.#entry, toLoop ? this.#lateLoop : this.#late);
  }

  #open(kind: number): void {
    const block = this.depth;
    if (block === MAX_DEPTH) throw refused("its blocks are nested too deep");
    this.#kinds[block] = kind;
    this.#outer[block] = this.#region;
    this.#branchesBefore[block] = this.#branchCount;
    this.#branchesWithArm[block] = this.#branchCount;
    this.#callsBefore[block] = this.#plan.calls;
    this.depth = block + 1;
  }

  #openArm(offset: number): void {
    this.#openBranch(offset);
    this.#branchesWithArm[this.depth - 1] = this.#branchCount;
  }

  #openBranch(offset: number): void {
    const branch = this.#branchCount;
    if (branch === MAX_DEPTH) throw refused("its blocks are nested too deep");
    this.#parents[branch] = this.#region;
    this.#region = this.#plan.addPoint(offset);
    this.#branches[branch] = this.#region;
    this.#branchCount = branch + 1;
  }

  /** Closes the branches that were opened since, and goes back to the region before them. */
  #closeBranches(until: number): void {
    while (this.#branchCount > until) {
      const branch = --this.#branchCount;
      const region = this.#branches[branch] ?? 0;
      const parent = this.#parents[branch] ?? 0;
      const own = this.#plan.costOf(region);
      const isLarge = own >= BRANCH_COST ||
        own >= SMALL_BRANCH_COST && this.#plan.costOf(parent) >= REGION_COST;
      if (!isLarge) this.#plan.merge(region, parent);
      this.#region = parent;
    }
  }

  #closeLate(): void {
    if (this.#late < 0 || this.depth !== this.#lateDepth || !this.#lateIsOpen) return;
    this.#lateIsOpen = false;
    this.#lateInside = this.#plan.costOf(this.#entry);
  }
}
