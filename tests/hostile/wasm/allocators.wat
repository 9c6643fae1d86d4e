;; An allocator that misbehaves by the size it is asked for: 0, odd, beyond memory, negative, a trap, the host, endless.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func $alloc (export "__base_alloc") (param $size i32) (result i32)
    (if (i32.eq (local.get $size) (i32.const 1)) (then (return (i32.const 0))))
    (if (i32.eq (local.get $size) (i32.const 2)) (then (return (i32.const 1025))))
    (if (i32.eq (local.get $size) (i32.const 3)) (then (return (i32.const 65534))))
    (if (i32.eq (local.get $size) (i32.const 4)) (then (return (i32.const -2))))
    (if (i32.eq (local.get $size) (i32.const 5)) (then unreachable))
    ;; calls the host, with a good and with a bad pointer
    (if (i32.eq (local.get $size) (i32.const 6))
      (then
        (drop (call $random (i32.const 2048) (i32.const 8)))
        (return (i32.add (i32.const 1024) (call $random (i32.const -4) (i32.const 8))))))
    ;; never comes back
    (if (i32.eq (local.get $size) (i32.const 7)) (then (return (call $alloc (i32.const 7)))))
    (i32.const 1024))
  (func (export "__base_free") (param $ptr i32) (param $size i32)
    (if (i32.eq (local.get $size) (i32.const 8)) (then unreachable)))
  ;; The input itself.
  (func (export "show") (param $ptr i32) (param $len i32) (result i64)
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $ptr)) (i64.const 32))
      (i64.extend_i32_u (local.get $len))))
  ;; The input's address as two bytes, from another place.
  (func (export "where") (param $ptr i32) (param $len i32) (result i64)
    (i32.store16 (i32.const 4096) (local.get $ptr))
    (i64.const 0x0000100000000002)))
