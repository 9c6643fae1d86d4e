;; Waits for a year, for a million things at once, and for a time that is none.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_initialize"))
  (func $clock (param $id i32) (param $timeout i64)
    (i64.store (i32.const 0) (i64.const 7))
    (i32.store8 (i32.const 8) (i32.const 0))
    (i32.store (i32.const 16) (local.get $id))
    (i64.store (i32.const 24) (local.get $timeout)))
  (func (export "year") (result i32)
    (call $clock (i32.const 1) (i64.const 31536000000000000))
    (call $poll (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048)))
  ;; For as long as there are nanoseconds, again and again.
  (func (export "for_ever") (result i32)
    (loop $again
      (call $clock (i32.const 1) (i64.const -1))
      (drop (call $poll (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048)))
      (br $again))
    (i32.const 0))
  ;; Many short waits are one long one.
  (func (export "naps") (result i32)
    (loop $again
      (call $clock (i32.const 1) (i64.const 1000000))
      (drop (call $poll (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048)))
      (br $again))
    (i32.const 0))
  (func (export "million") (result i32)
    (call $poll (i32.const 0) (i32.const 1024) (i32.const 1000000) (i32.const 2048)))
  (func (export "most") (result i32)
    (call $poll (i32.const 0) (i32.const 1024) (i32.const -1) (i32.const 2048)))
  ;; A clock by the bits of a NaN: the event says that there is none.
  (func (export "no_clock") (result i32)
    (call $clock (i32.const 0x7fc00000) (i64.const 1))
    (drop (call $poll (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048)))
    (i32.load16_u (i32.const 1032))))
