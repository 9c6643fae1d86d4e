/** The WASM guest of the capability suite, for the convention of door_abi.ts. @module */

import wabt from "wabt";

/** Asks as often as the first byte of its payload says, and gives the last answer. */
const GUEST = `(module
  (import "door" "ask" (func $ask (param i32 i32) (result i64)))
  (memory (export "memory") 8)
  (global $next (mut i32) (i32.const 1024))
  (func (export "door_alloc") (param $size i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get $size))))
  (func (export "ask") (param $at i32) (param $length i32) (result i64)
    (local $left i32) (local $answer i64)
    (local.set $left (i32.load8_u (local.get $at)))
    (loop $again
      (local.set $answer
        (call $ask
          (i32.add (local.get $at) (i32.const 1))
          (i32.sub (local.get $length) (i32.const 1))))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (local.get $answer)))`;

/** The guest's bytes. */
export async function doorGuest(): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const module = parseWat("door.wat", GUEST);
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}
