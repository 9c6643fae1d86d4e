;; Tables that grow: each element is memory of the host's.
(module
  (memory (export "memory") 1)
  (table $functions 1 funcref)
  (table $objects 1 externref)
  (func (export "__base_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "__base_free") (param i32 i32))
  (func (export "fine") (param i32 i32) (result i64) (i64.const 0))
  ;; Two bytes each: how many elements there are in the end.
  (func (export "grow") (param i32 i32) (result i64)
    (loop $more
      (br_if $more
        (i32.ne (table.grow $functions (ref.null func) (i32.const 1000)) (i32.const -1)))
      (br_if $more
        (i32.ne (table.grow $objects (ref.null extern) (i32.const 1000)) (i32.const -1))))
    (drop (table.grow $functions (ref.null func) (i32.const 10000000)))
    (drop (table.grow $objects (ref.null extern) (i32.const -2)))
    (i32.store (i32.const 0) (table.size $functions))
    (i32.store (i32.const 4) (table.size $objects))
    (i64.const 8)))
