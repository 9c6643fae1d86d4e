;; Answers that are expensive to take: JSON nested a hundred thousand deep, text without an end.
(module
  (memory (export "memory") 32)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 2097000))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64)
    (i32.store8 (i32.const 0) (i32.const 49))
    (i64.const 1))
  ;; 100,000 opening brackets, then as many closing ones.
  (func (export "nested") (param i32 i32) (result i64)
    (memory.fill (i32.const 0) (i32.const 91) (i32.const 100000))
    (memory.fill (i32.const 100000) (i32.const 93) (i32.const 100000))
    (i64.const 200000))
  ;; The same without an end: only the opening ones.
  (func (export "open") (param i32 i32) (result i64)
    (memory.fill (i32.const 0) (i32.const 91) (i32.const 1000000))
    (i64.const 1000000))
  ;; A number of a million digits.
  (func (export "digits") (param i32 i32) (result i64)
    (memory.fill (i32.const 0) (i32.const 57) (i32.const 1000000))
    (i64.const 1000000))
  ;; No text at all: bytes that UTF-8 does not have.
  (func (export "no_text") (param i32 i32) (result i64)
    (memory.fill (i32.const 0) (i32.const 255) (i32.const 1000000))
    (i64.const 1000000))
  ;; All of memory, 2 MiB of it.
  (func (export "giant") (param i32 i32) (result i64) (i64.const 2097152)))
