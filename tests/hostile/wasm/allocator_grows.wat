;; Grows its memory whenever the host asks it for room, or asks for something: every view is stale then.
(module
  (import "count" "up" (func $up (result i32)))
  (memory (export "memory") 1)
  (func $last (result i32) (i32.shl (i32.sub (memory.size) (i32.const 1)) (i32.const 16)))
  (func (export "__base_alloc") (param i32) (result i32)
    (drop (memory.grow (i32.const 1)))
    (call $last))
  (func (export "__base_free") (param i32 i32) (drop (memory.grow (i32.const 1))))
  (func (export "fine") (param $ptr i32) (param $len i32) (result i64)
    (local $at i32)
    (drop (memory.grow (i32.const 1)))
    (drop (call $up))
    (drop (memory.grow (i32.const 1)))
    (local.set $at (call $last))
    (memory.copy (local.get $at) (local.get $ptr) (local.get $len))
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32))
      (i64.extend_i32_u (local.get $len)))))
