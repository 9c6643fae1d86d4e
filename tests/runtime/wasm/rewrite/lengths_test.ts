/**
 * The engine itself is the judge of lengths: whatever opcode with whatever immediates it accepts, the
 * scanner has to be refused or to meet the loop behind it at the very same byte.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Fault } from "../../../../runtime/errors.ts";
import { EDIT, EDIT_SIZE } from "../../../../runtime/wasm/rewrite/plan.ts";
import { Scanner } from "../../../../runtime/wasm/rewrite/scan.ts";
import { body, type Bytes, flat, module, section, signature, TYPE, u32, vector } from "./binary.ts";

const END = 0x0b;
const UNREACHABLE = 0x00;
/** Behind the instruction at hand: `unreachable loop end`. */
const LOOP = [UNREACHABLE, 0x03, 0x40, END];

/** A module in which every index 0 and 1 means something. */
function moduleWith(instructions: Bytes): Uint8Array<ArrayBuffer> {
  return module(
    section(1, vector([signature([], []), signature([TYPE.i32], [])])),
    section(3, vector([0, 0])),
    section(4, vector([[TYPE.funcref, 1, 1, 2], [TYPE.externref, 1, 1, 2]])),
    section(5, vector([[0, 1]])),
    section(13, vector([[0, 0], [0, 1]])),
    section(6, vector([[TYPE.i32, 1, 0x41, 0, END], [TYPE.i32, 1, 0x41, 0, END]])),
    section(9, vector([[3, 0, vector([0])], [3, 0, vector([0, 1])]])),
    section(12, u32(2)),
    section(10, vector([body([[2, TYPE.i32]], UNREACHABLE, instructions, LOOP), body([])])),
    section(11, vector([[1, vector([1])], [1, vector([])]])),
  );
}

const HELPERS = { indexOf: () => 2 };
const scanner = new Scanner();
const { plan } = scanner;

/** Where the scanner meets the last loop's first instruction; `undefined` where it refuses. */
function loopMetAt(instructions: readonly number[]): number | undefined {
  const bytes = new Uint8Array([UNREACHABLE, ...instructions, ...LOOP, END]);
  try {
    scanner.scan(bytes, 0, bytes.length, HELPERS);
  } catch (error) {
    if (error instanceof Fault && error.code === "unsupported") return undefined;
    throw error;
  }
  let met = -1;
  for (let at = 0; at < plan.used; at += EDIT_SIZE) {
    const isLoop = plan.edits[at + 1] === EDIT.point && bytes[(plan.edits[at] ?? 0) - 2] === 0x03;
    if (isLoop) met = plan.edits[at] ?? 0;
  }
  return met;
}

const WIDE_ZERO = [0x80, 0x80, 0x80, 0x80, 0x00];
const LONG_ZERO = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];

/** Immediates that one or the other instruction takes. */
const IMMEDIATES: readonly (readonly number[])[] = [
  [],
  [0],
  [1],
  [0, 0],
  [0, 1],
  [1, 0],
  [2, 0],
  [3, 0],
  [4, 0],
  [0, 0, 0],
  [0x40, 0, 0],
  [0x41, 0, 5],
  [3, 0, 0],
  [0, 0xff, 0x7f],
  [0, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x81, 0x80, 0x00, 0x80, 0x80, 0x00],
  WIDE_ZERO,
  [...WIDE_ZERO, ...WIDE_ZERO],
  [...WIDE_ZERO, 0],
  [0, ...WIDE_ZERO],
  LONG_ZERO,
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0x80, 0x80, 0x80, 0x80, 0x78],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
  [1, 2, 3, 4],
  [0x0b, 0x0b, 0x0b, 0x0b],
  [0x0b, 0x03, 0x40, 0x0b, 0x0b, 0x03, 0x40, 0x0b],
  [3, 0x40, 0x0b, 3, 0x40, 0x0b, 3, 0x40, 0x0b, 3, 0x40, 0x0b, 3, 0x40, 0x0b, 0x0b],
  new Array(16).fill(0x0b),
  [TYPE.funcref],
  [TYPE.externref],
  [TYPE.exnref],
  [0x71],
  [0x6e],
  [0x6b],
  [1, TYPE.i32],
  [1, TYPE.v128],
  [1, TYPE.externref],
  [1, 0x63, 0x70],
  // blocks
  [0x40, END],
  [TYPE.i32, UNREACHABLE, END],
  [TYPE.v128, UNREACHABLE, END],
  [TYPE.externref, UNREACHABLE, END],
  [0x63, 0x70, UNREACHABLE, END],
  [0x64, 0x00, UNREACHABLE, END],
  [0x6e, UNREACHABLE, END],
  [0x00, END],
  [0x01, 0x1a, END],
  [0x81, 0x80, 0x80, 0x80, 0x00, 0x1a, END],
  [0x40, 0x05, END],
  [TYPE.i32, UNREACHABLE, 0x05, UNREACHABLE, END],
  // legacy exceptions
  [0x40, 0x07, 0x00, END],
  [0x40, 0x07, 0x01, 0x1a, 0x07, 0x80, 0x00, 0x19, END],
  [0x40, 0x19, 0x09, 0x00, END],
  [0x40, 0x18, 0x00],
  [0x40, 0x18, 0x80, 0x00],
  // handlers of try_table: none; of one tag; of all; with references
  [0x40, 0x00, END],
  [0x40, 0x01, 0x00, 0x00, 0x00, END],
  [0x40, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, END],
  [0x40, 0x80, 0x00, END],
  // br_table
  [2, 0, 0, 0],
  [3, 0x80, 0x00, 0, 0x80, 0x80, 0x00, 0],
  [0x81, 0x00, 0, 0],
  [0x83, 0x80, 0x00, 0, 0, 0, 0],
];

interface Seen {
  accepted: number;
  refused: number;
}

/** Tries one opcode with everything that may follow it. */
function judge(opcode: readonly number[]): Seen {
  const seen: Seen = { accepted: 0, refused: 0 };
  for (const immediates of IMMEDIATES) {
    const instruction = [...opcode, ...immediates];
    if (!WebAssembly.validate(moduleWith(instruction))) continue;
    const met = loopMetAt(instruction);
    if (met === undefined) {
      seen.refused++;
      continue;
    }
    seen.accepted++;
    // The first byte of the body, the instruction, `unreachable`, and the head of the loop.
    const expected = 1 + instruction.length + 3;
    assertEquals(met, expected, `${instruction.map((byte) => byte.toString(16))}`);
  }
  return seen;
}

const PREFIXES = new Set([0xfb, 0xfc, 0xfd, 0xfe]);

Deno.test("scan() measures every opcode of one byte as the engine does", () => {
  const refused: number[] = [];
  let accepted = 0;
  for (let opcode = 0; opcode < 256; opcode++) {
    if (PREFIXES.has(opcode)) continue;
    const seen = judge([opcode]);
    if (seen.accepted > 0) accepted++;
    else if (seen.refused > 0) refused.push(opcode);
  }
  // Typed function references and ref.eq.
  assertEquals(refused, [0x14, 0x15, 0xd3, 0xd4, 0xd5, 0xd6]);
  // All of them but `else`, `catch`, `catch_all`, `end` and `delegate`, which no body begins with.
  assert(accepted > 180, `${accepted}`);
});

for (
  const [prefix, last, least] of [[0xfc, 0x40, 18], [0xfd, 0x200, 256], [0xfe, 0x80, 66]] as const
) {
  Deno.test(`scan() measures the opcodes behind 0x${prefix.toString(16)} as the engine does`, () => {
    let accepted = 0;
    for (let sub = 0; sub < last; sub++) {
      for (const encoded of [u32(sub), [sub & 0x7f | 0x80, sub >> 7 & 0x7f | 0x80, 0]]) {
        const seen = judge([prefix, ...encoded]);
        assertEquals(seen.refused > 0 && seen.accepted === 0, false, `0x${sub.toString(16)}`);
        if (seen.accepted > 0 && encoded.length < 3) accepted++;
      }
    }
    assert(accepted >= least, `${accepted}`);
  });
}

Deno.test("scan() refuses what belongs to garbage collection by its name", () => {
  for (let sub = 0; sub < 0x40; sub++) {
    const bytes = new Uint8Array([UNREACHABLE, 0xfb, sub, 0, 0, END]);
    let message = "";
    try {
      scanner.scan(bytes, 0, bytes.length, HELPERS);
    } catch (error) {
      message = (error as Error).message;
    }
    assert(message.includes("garbage collection"), message);
  }
});

Deno.test("scan() reads unknown bytes as nothing else than a refusal", () => {
  for (let opcode = 0; opcode < 256; opcode++) {
    const bytes = new Uint8Array(flat([opcode, new Array(24).fill(0xff)]));
    let fault: unknown;
    try {
      scanner.scan(bytes, 0, bytes.length, HELPERS);
    } catch (error) {
      fault = error;
    }
    assert(fault instanceof Fault, `0x${opcode.toString(16)} ${fault}`);
  }
});
