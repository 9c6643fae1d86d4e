/** Random function bodies: well-typed, and they come to an end. @module */

import { body, type Bytes, s32, TYPE, u32, vector } from "./binary.ts";

const { i32, i64, f32, f64, v128, funcref } = TYPE;
const VOID = 0x40;
const OP = { end: 0x0b, br: 0x0c, brIf: 0x0d, call: 0x10, drop: 0x1a } as const;
const NUMBERS = [i32, i64, f32, f64, v128] as const;

/** Functions of a generated module. */
export const FUNCTIONS = 10;
/** The globals of a generated module: calls that may still be made, two numbers, steps done. */
export const GLOBAL = { gas: 0, i32: 1, i64: 2, steps: 3 } as const;
/** Counts a step in the global `steps`: four instructions, so at least four units. */
const STEP = [0x23, GLOBAL.steps, 0x41, 1, 0x6a, 0x24, GLOBAL.steps];

/** What a function takes and gives. */
export interface Signature {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

/** Which function is generated. */
export interface Place {
  readonly signatures: readonly Signature[];
  readonly index: number;
  /** Whether exceptions are handled the old way: no module may have both. */
  readonly legacy: boolean;
}

/** Generates the body of one function. */
export class FunctionWriter {
  readonly #random: () => number;
  readonly #signatures: readonly Signature[];
  readonly #index: number;
  /** Types of parameters and locals. */
  readonly #locals: number[];
  /** Locals that count loops: nothing else writes them. */
  readonly #counters = new Set<number>();
  /** Labels from the outermost on: the types a branch to it carries. */
  readonly #labels: (readonly number[] | undefined)[] = [];
  readonly #legacy: boolean;
  #budget: number;

  /** A writer that takes its choices from `random`. */
  constructor(random: () => number, { signatures, index, legacy }: Place) {
    this.#random = random;
    this.#signatures = signatures;
    this.#index = index;
    this.#legacy = legacy;
    this.#locals = [...signatures[index]?.params ?? []];
    this.#budget = 20 + this.#below(120);
  }

  /** The body, with its length. */
  write(): Bytes {
    const { results, params } = this.#signatures[this.#index] ?? { results: [], params: [] };
    this.#labels.push(results);
    const enter = [
      ...[0x23, GLOBAL.gas, 0x41, 1, 0x6b, 0x24, GLOBAL.gas], // gas -= 1
      ...[0x23, GLOBAL.gas, 0x41, 0, 0x48, 0x04, VOID], // if (gas < 0)
    ];
    const code: Bytes[] = [enter, results.map((type) => this.#constant(type)), 0x0f, OP.end];
    for (let count = 1 + this.#below(5); count > 0; count--) code.push(this.#statement(4));
    code.push(results.map((type) => this.#value(type, 4)));
    if (this.#chance(0.1)) code.push(this.#tailCall(results));
    const locals = this.#locals.slice(params.length).map((type) => [1, type]);
    return body(locals, code);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  #local(type: number): number {
    const fitting = this.#locals.flatMap((one, at) =>
      one === type && !this.#counters.has(at) ? [at] : []
    );
    if (fitting.length > 0 && this.#chance(0.8)) return this.#pick(fitting);
    return this.#locals.push(type) - 1;
  }

  #constant(type: number): Bytes {
    switch (type) {
      case i32:
        return [0x41, s32(this.#pick([0, 1, -1, 7, 100, 4095, -2147483648, 65536, 262144]))];
      case i64:
        return [0x42, s32(this.#pick([0, 1, -1, 77, 0x7fffffff, -2147483648]))];
      case f32:
        return [0x43, 0, 0, this.#below(256), 0x40 + this.#below(4)];
      case f64:
        return [0x44, 0, 0, 0, 0, 0, 0, this.#below(256), 0x40];
      default:
        return [0xfd, 0x0c, Array.from({ length: 16 }, () => this.#below(256))];
    }
  }

  /** Code that leaves a value of `type`. */
  #value(type: number, depth: number): Bytes {
    if (depth <= 0 || this.#budget-- <= 0) {
      return this.#chance(0.5) ? this.#constant(type) : [0x20, u32(this.#local(type))];
    }
    const less = depth - 1;
    const sub = (one: number): Bytes => this.#value(one, less);
    switch (this.#below(12)) {
      case 0:
        return this.#constant(type);
      case 1:
        return [0x20, u32(this.#local(type))];
      case 2:
        return [sub(type), 0x22, u32(this.#local(type))]; // local.tee
      case 3:
        return [sub(type), sub(type), sub(i32), 0x1c, 1, type]; // select
      case 4:
        return this.#if([type], less);
      case 5:
        return this.#block([type], less);
      case 6:
        return this.#call([type], less) ?? sub(type);
      case 7:
        return this.#legacy ? this.#legacyTry([type], less) : this.#tryTable(type, less);
      default:
        return this.#operation(type, sub);
    }
  }

  #operation(type: number, sub: (type: number) => Bytes): Bytes {
    const address = (): Bytes => [sub(i32), 0x41, s32(this.#chance(0.02) ? 0x1ffff : 0xffff), 0x71];
    switch (type) {
      case i32:
        return this.#pick<() => Bytes>([
          () => [sub(i32), sub(i32), this.#pick([0x6a, 0x6b, 0x6c, 0x71, 0x73, 0x74, 0x78])],
          () => [sub(i32), [sub(i32), 0x41, 1, 0x72], this.#pick([0x6e, 0x70])], // divisor | 1
          () => [sub(i32), this.#pick([0x45, 0x67, 0x69, 0xc0, 0xc1])],
          () => [sub(i64), this.#pick([0x50, 0xa7])],
          () => [sub(f64), sub(f64), this.#pick([0x61, 0x63, 0x66])],
          () => [sub(f32), 0xfc, this.#below(2)],
          () => [address(), this.#pick([0x2c, 0x2d, 0x2e, 0x2f]), 0, u32(this.#below(60000))],
          () => [address(), 0x28, 0x42, 0, 3], // a memory index in the alignment
          () => [0x3f, 0],
          () => [sub(i32), 0x41, s32(3), 0x71, 0x40, 0], // memory.grow
          () => [0xd0, funcref, sub(i32), 0x41, 7, 0x71, 0xfc, 15, 1], // table.grow
          () => [sub(i32), 0x41, 7, 0x71, 0x25, 0, 0xd1], // table.get, ref.is_null
          () => [0xfc, 16, this.#below(2)],
          () => [0x23, GLOBAL.i32],
          () => [sub(v128), 0xfd, 0x1b, this.#below(4)],
          () => [address(), sub(i32), 0xfe, 0x1e, 2, u32(4 * this.#below(40))], // i32.atomic.rmw.add
        ])();
      case i64:
        return this.#pick<() => Bytes>([
          () => [sub(i64), sub(i64), this.#pick([0x7c, 0x7d, 0x7e, 0x85, 0x86])],
          () => [sub(i32), this.#pick([0xac, 0xad])],
          () => [sub(f64), 0xfc, 6],
          () => [address(), 0x29, 3, u32(this.#below(60000))],
          () => [0x23, GLOBAL.i64],
        ])();
      case f32:
        return [sub(f32), sub(f32), this.#pick([0x92, 0x93, 0x94])];
      case f64:
        return this.#chance(0.5)
          ? [sub(f64), sub(f64), this.#pick([0xa0, 0xa1, 0xa2, 0xa5])]
          : [sub(i32), 0xb7];
      default:
        return this.#pick<() => Bytes>([
          () => [sub(v128), sub(v128), 0xfd, u32(this.#pick([0x6e, 0x71, 0x8e, 0xae, 0xb5, 0xce]))],
          () => [sub(v128), sub(v128), 0xfd, 0x0d, new Array(16).fill(0x0b)],
          () => [sub(i32), 0xfd, 0x11],
          () => [address(), 0xfd, 0x00, 4, u32(this.#below(60000))],
          () => [address(), sub(v128), 0xfd, 0x56, 2, 0, 3], // v128.load32_lane
        ])();
    }
  }

  /** Code that leaves nothing. */
  #statement(depth: number): Bytes {
    if (depth <= 0 || this.#budget-- <= 0) return 0x01;
    const less = depth - 1;
    const sub = (type: number): Bytes => this.#value(type, less);
    const masked = (mask: number): Bytes => [sub(i32), 0x41, s32(mask), 0x71];
    const small = (): Bytes => masked(this.#chance(0.02) ? 0x3ffff : 0x7fff);
    const tiny = (): Bytes => masked(this.#chance(0.02) ? -1 : 3);
    switch (this.#below(20)) {
      case 0:
      case 1:
      case 2:
        return this.#loop(less);
      case 3:
        return this.#if([], less);
      case 4:
        return this.#block([], less);
      case 5:
        return this.#call([], less) ?? 0x01;
      case 6:
        return this.#branch(less);
      case 7:
        return this.#switch(less);
      case 8:
        return [small(), sub(i32), small(), 0xfc, 11, 0]; // memory.fill
      case 9:
        return [small(), small(), small(), 0xfc, 10, 0, 0]; // memory.copy
      case 10:
        return [small(), tiny(), masked(this.#chance(0.1) ? 127 : 0), 0xfc, 8, this.#below(2), 0]; // memory.init
      case 11:
        return [0xfc, 9, 1]; // data.drop
      case 12:
        return [tiny(), tiny(), tiny(), 0xfc, 12, 1, 0]; // table.init
      case 13:
        return [tiny(), tiny(), masked(1), 0xfc, 14, this.#pick([[0, 1], [1, 0], [0, 0]])];
      case 14:
        return [masked(1), 0xd2, this.#below(FUNCTIONS), tiny(), 0xfc, 17, 1]; // table.fill
      case 15:
        return this.#legacy ? this.#legacyTry([], less) : this.#branch(less);
      case 16:
        return [sub(i32), 0x41, s32(0x1ffff), 0x71, sub(i32), 0x36, 2, u32(this.#below(60000))];
      case 17:
        return [sub(i32), 0x41, 15, 0x71, 0x04, VOID, OP.end, sub(i64), 0x24, GLOBAL.i64];
      case 18:
        // throw, mostly not: the value decides.
        return [
          ...[sub(i32), 0x41, 31, 0x71, 0x45, 0x04, VOID],
          ...[this.#inside([], () => sub(i32)), 0x08, 0, OP.end],
        ];
      default: {
        const type = this.#pick(NUMBERS);
        return [sub(type), 0x21, u32(this.#local(type))];
      }
    }
  }

  #inside(label: readonly number[] | undefined, write: () => Bytes): Bytes {
    this.#labels.push(label);
    const code = write();
    this.#labels.pop();
    return code;
  }

  #statements(depth: number): Bytes {
    return [STEP, Array.from({ length: this.#below(4) }, () => this.#statement(depth))];
  }

  /** Statements, then values of `results`. */
  #contents(results: readonly number[], depth: number): Bytes {
    return [this.#statements(depth), results.map((type) => this.#value(type, depth))];
  }

  #blockType(results: readonly number[]): number {
    return results[0] ?? VOID;
  }

  #block(results: readonly number[], depth: number): Bytes {
    const content = this.#inside(results, () => this.#contents(results, depth));
    return [0x02, this.#blockType(results), content, OP.end];
  }

  #if(results: readonly number[], depth: number): Bytes {
    const arm = () => this.#inside(results, () => this.#contents(results, depth));
    return [this.#value(i32, depth), 0x04, this.#blockType(results), arm(), 0x05, arm(), OP.end];
  }

  /** A loop of a few rounds; branches to its head from inside are those of its counter only. */
  #loop(depth: number): Bytes {
    const counter = this.#locals.push(i32) - 1;
    this.#counters.add(counter);
    const content = this.#inside(undefined, () => this.#statements(depth));
    return [
      ...[0x41, s32(1 + this.#below(this.#chance(0.2) ? 60 : 5)), 0x21, u32(counter)],
      ...[0x03, VOID, content, 0x20, u32(counter), 0x41, 1, 0x6b, 0x22, u32(counter)],
      ...[0x41, 0, 0x4a, OP.brIf, 0, OP.end], // br_if (counter > 0)
    ];
  }

  /** A conditional branch outwards, with the values its label takes. */
  #branch(depth: number): Bytes {
    const at = this.#below(this.#labels.length);
    const types = this.#labels[at];
    if (types === undefined) return 0x01;
    const label = this.#labels.length - 1 - at;
    const values = types.map((type) => this.#value(type, depth));
    return [values, this.#value(i32, depth), OP.brIf, u32(label), types.map(() => OP.drop)];
  }

  /** Nested blocks with a br_table inside, as a switch is compiled. */
  #switch(depth: number): Bytes {
    const cases = 1 + this.#below(4);
    this.#labels.push([]);
    for (let at = 0; at < cases; at++) this.#labels.push([]);
    let code: Bytes = [
      ...[this.#value(i32, depth), 0x0e, vector(Array.from({ length: cases }, (_, at) => u32(at)))],
      u32(cases),
    ];
    for (let at = 0; at < cases; at++) {
      this.#labels.pop();
      code = [0x02, VOID, code, OP.end, this.#statements(depth), OP.br, u32(cases - 1 - at)];
    }
    this.#labels.pop();
    return [0x02, VOID, code, OP.end];
  }

  /** A call that gives `results`, directly or through the table. */
  #call(results: readonly number[], depth: number): Bytes | undefined {
    const wanted = `${results}`;
    const fitting = this.#signatures.flatMap(({ results }, at) =>
      `${results}` === wanted ? [at] : []
    );
    if (fitting.length === 0) return undefined;
    const callee = this.#pick(fitting);
    const values = this.#signatures[callee]?.params.map((type) => this.#value(type, depth)) ?? [];
    if (this.#chance(0.9)) return [values, OP.call, u32(callee)];
    return [values, 0x41, callee, 0x11, u32(callee), 0];
  }

  #tailCall(results: readonly number[]): Bytes {
    const wanted = `${results}`;
    const callee = this.#signatures.findIndex(({ results }) => `${results}` === wanted);
    const values = this.#signatures[callee]?.params.map((type) => this.#constant(type)) ?? [];
    return [values, 0x12, u32(callee)];
  }

  #legacyTry(results: readonly number[], depth: number): Bytes {
    const part = () => this.#inside(results, () => this.#contents(results, depth));
    const type = this.#blockType(results);
    if (this.#chance(0.3)) {
      // An exception handed on to the try around it.
      const inner = this.#inside(results, () => [0x06, type, part(), 0x18, 0]);
      return [0x06, type, inner, 0x19, part(), OP.end];
    }
    const caught = [0x07, 0, 0x21, u32(this.#local(i32)), part()];
    const head = [0x06, type, part()];
    return this.#chance(0.5) ? [head, caught, 0x19, part(), OP.end] : [head, 0x19, part(), OP.end];
  }

  /** `try_table` with a handler for one tag; the caught number becomes a value of `type`. */
  #tryTable(type: number, depth: number): Bytes {
    // block (result type) block (result i32) try_table (result type) (catch 0 → the inner block)
    const attempt = () => this.#inside([type], () => this.#contents([type], depth));
    return this.#inside([type], () => {
      const content = this.#inside([i32], attempt);
      return [
        ...[0x02, type, 0x02, i32, 0x1f, type, vector([[0, 0, 0]]), content, OP.end],
        ...[OP.br, 1, OP.end, 0x21, u32(this.#local(i32)), this.#constant(type), OP.end],
      ];
    });
  }
}
