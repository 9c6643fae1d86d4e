;; Answers that lie outside of its memory: pointer in the high half, length in the low half.
(module
  (memory (export "memory") 1 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  (func (export "past_end") (param i32 i32) (result i64) (i64.const 0x0001000000000001))
  (func (export "across_end") (param i32 i32) (result i64) (i64.const 0x0000ffff00000002))
  (func (export "negative") (param i32 i32) (result i64) (i64.const 0xfffffff000000020))
  (func (export "wraps") (param i32 i32) (result i64) (i64.const 0xffffffff00000002))
  (func (export "sign") (param i32 i32) (result i64) (i64.const 0x8000000000000001))
  (func (export "length_max") (param i32 i32) (result i64) (i64.const 0x00000000ffffffff))
  (func (export "all_ones") (param i32 i32) (result i64) (i64.const -1)))
