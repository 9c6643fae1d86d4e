/**
 * A function that is imported before it exists: a few instructions of WebAssembly call it through a
 * table. No JavaScript stands in between, so a guest can be suspended across it.
 *
 * @module
 */

import {
  binaryWith,
  FUNCTION_FORM,
  section,
  signatureOf,
  unsigned,
  vector,
} from "./tiny_module.ts";

/** An import that can be linked now and filled later; until then a call of it traps. */
export interface LazyImport {
  readonly fn: WebAssembly.ImportValue;
  /** Says what it calls: a WebAssembly function of the same signature. */
  settle(fn: WebAssembly.ExportValue | undefined): void;
}

/** By signature: a handful in a process. */
const modules = new Map<string, WebAssembly.Module>();

/** A function of signature `type` whose body comes later. */
export function lazyImport(type: string): LazyImport {
  let module = modules.get(type);
  if (module === undefined) {
    module = new WebAssembly.Module(binaryOf(type));
    modules.set(type, module);
  }
  const { exports } = new WebAssembly.Instance(module);
  const table = exports["t"] as WebAssembly.Table;
  return {
    fn: exports["f"] as WebAssembly.ImportValue,
    settle: (fn) => table.set(0, typeof fn === "function" ? fn : null),
  };
}

const FUNCREF = 0x70;
const KIND = { function: 0, table: 1 } as const;
const OP = { end: 0x0b, callIndirect: 0x11, localGet: 0x20, i32Const: 0x41 } as const;
const NAME = { f: 0x66, t: 0x74 } as const;

/** `(table (export "t") 1 funcref) (func (export "f") (type 0) local.get … i32.const 0 call_indirect (type 0))` */
function binaryOf(type: string): Uint8Array<ArrayBuffer> {
  const { params, results } = signatureOf(type);
  const body = [
    ...[0, ...params.flatMap((_, i) => [OP.localGet, ...unsigned(i)])],
    ...[OP.i32Const, 0, OP.callIndirect, 0, 0, OP.end],
  ];
  return binaryWith([
    ...section(1, [1, FUNCTION_FORM, ...vector(params), ...vector(results)]),
    ...section(3, [1, 0]),
    ...section(4, [1, FUNCREF, 0, 1]),
    ...section(7, [2, 1, NAME.f, KIND.function, 0, 1, NAME.t, KIND.table, 0]),
    ...section(10, [1, ...vector(body)]),
  ]);
}
