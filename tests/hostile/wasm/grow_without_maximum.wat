;; A memory that its module lets grow without end.
(module
  (memory (export "memory") 1)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  ;; One page after the other, each touched, until there is no more.
  (func (export "pages") (param i32 i32) (result i64)
    (loop $more
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
        (then
          (i32.store (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4)) (i32.const 1))
          (br $more))))
    (i64.const 0))
  ;; All at once, whatever is left of 4 GiB.
  (func (export "whole") (param i32 i32) (result i64)
    (drop (memory.grow (i32.const 65535)))
    (drop (memory.grow (i32.const 32768)))
    (drop (memory.grow (i32.const -1)))
    (i64.const 0)))
