/** Compiles WebAssembly text for the tests of the rewriter. @module */

import wabt from "wabt";

const FEATURES = {
  bulk_memory: true,
  exceptions: true,
  extended_const: true,
  multi_value: true,
  mutable_globals: true,
  reference_types: true,
  sign_extension: true,
  simd: true,
  tail_call: true,
  threads: true,
} as const;

const { parseWat } = await wabt();

/** The bytes of a module written as text. */
export function wat(text: string): Uint8Array<ArrayBuffer> {
  const module = parseWat("test.wat", text, FEATURES);
  try {
    module.resolveNames();
    return new Uint8Array(module.toBinary({ write_debug_names: false }).buffer);
  } finally {
    module.destroy();
  }
}
