/** The guest `liar.wat`, made to lie: its text with parts replaced, its description overwritten. @module */

import wabt from "wabt";
import { LIAR } from "../apiqube_guests.ts";

/** Where a guest finds its input; and how that input begins: an i64 and two i32. */
export const INPUT = 32_768;
const HEADER_BYTES = 16;
/** Where `plugin_info` has its JSON, and the room there is for it. */
const INFO = { address: 4096, bytes: 512 } as const;

/** What differs from an honest guest. */
export interface Lie {
  /** Parts of the text and what stands there instead. */
  readonly text?: readonly (readonly [part: string, instead: string])[];
  /** What `plugin_info` gives; default: the address of the description. */
  readonly packed?: bigint;
  /** The description's bytes. */
  readonly info?: string | Uint8Array;
}

const { parseWat } = await wabt();
const honest = await Deno.readTextFile(LIAR);

/** The module of a guest that lies so. */
export function liar({ text = [], packed, info }: Lie = {}): { name: string; bytes: Uint8Array } {
  let source = honest;
  for (const [part, instead] of text) {
    if (!source.includes(part)) throw new TypeError(`The guest has no ${part}`);
    source = source.replace(part, instead);
  }
  const module = parseWat("liar.wat", source);
  try {
    module.resolveNames();
    const bytes = new Uint8Array(module.toBinary({}).buffer);
    return { name: "liar.wasm", bytes: describe(bytes, packed, info) };
  } finally {
    module.destroy();
  }
}

/** Overwrites the description in the module's data, and its packed address in front of it. */
function describe(
  bytes: Uint8Array,
  packed: bigint | undefined,
  info: string | Uint8Array | undefined,
): Uint8Array {
  const marker = new TextEncoder().encode('{"name":"liar"');
  const at = bytes.findIndex((_, start) => marker.every((byte, i) => bytes[start + i] === byte));
  const view = new DataView(bytes.buffer);
  if (info !== undefined) {
    const json = typeof info === "string" ? new TextEncoder().encode(info) : info;
    if (json.length > INFO.bytes) throw new RangeError(`${json.length} bytes are too many`);
    bytes.set(json, at);
    view.setBigInt64(at - 8, address(INFO.address, json.length), true);
  }
  if (packed !== undefined) view.setBigInt64(at - 8, packed, true);
  return bytes;
}

/** A packed address, with whatever is in the upper and the lower half. */
export function address(ptr: number, len: number): bigint {
  return BigInt.asIntN(
    64,
    BigInt.asUintN(32, BigInt(ptr)) << 32n | BigInt.asUintN(32, BigInt(len)),
  );
}

/** An input that makes the guest answer with `packed`; `rest` lies behind it, for the answer to show. */
export function inputFor(
  packed: bigint,
  rest: string | Uint8Array = "",
  [first, second]: readonly [number, number] = [0, 0],
): Uint8Array {
  const tail = typeof rest === "string" ? new TextEncoder().encode(rest) : rest;
  const input = new Uint8Array(HEADER_BYTES + tail.length);
  const view = new DataView(input.buffer);
  view.setBigInt64(0, packed, true);
  view.setUint32(8, first, true);
  view.setUint32(12, second, true);
  input.set(tail, HEADER_BYTES);
  return input;
}

/** An input that makes the guest answer with `answer`. */
export function answering(answer: string | Uint8Array): Uint8Array {
  const bytes = typeof answer === "string" ? new TextEncoder().encode(answer) : answer;
  return inputFor(address(INPUT + HEADER_BYTES, bytes.length), bytes);
}
