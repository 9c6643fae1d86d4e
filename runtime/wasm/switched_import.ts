/**
 * An import that is a plain function until its guest has to be ready to wait. A few instructions of
 * WebAssembly choose, so that the same instance serves both kinds of call; they cost 1.3 ns, while
 * an import that may suspend costs 150 ns and cannot be called from a plain export at all.
 *
 * @module
 */

/** Which of the two functions imports call: 0 the plain one, 1 the one that may suspend. */
export function importSwitch(): WebAssembly.Global {
  return new WebAssembly.Global({ value: "i32", mutable: true }, 0);
}

/** A function of signature `type` that calls `plain` or `waiting`, as `position` says. */
export function switchedImport(
  type: string,
  plain: WebAssembly.ImportValue,
  waiting: WebAssembly.ImportValue,
  position: WebAssembly.Global,
): WebAssembly.ImportValue {
  const { exports } = new WebAssembly.Instance(moduleFor(type), {
    "": { position, plain, waiting },
  });
  return exports["f"] as WebAssembly.ImportValue;
}

/** By signature: a handful in a process. */
const modules = new Map<string, WebAssembly.Module>();

function moduleFor(type: string): WebAssembly.Module {
  let module = modules.get(type);
  if (module === undefined) {
    module = new WebAssembly.Module(binaryOf(type));
    modules.set(type, module);
  }
  return module;
}

const VALUE_TYPES: { readonly [name: string]: number } = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
};
const FUNCTION_FORM = 0x60;
const KIND = { function: 0, global: 3 } as const;
const NO_RESULT = 0x40;
const OP = {
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  globalGet: 0x23,
} as const;

function binaryOf(type: string): Uint8Array<ArrayBuffer> {
  const [left = "", right = ""] = type.split(" -> ");
  const params = codesOf(left);
  const results = codesOf(right);
  const forward = [...params.flatMap((_, i) => [OP.localGet, i]), OP.call];
  const body = [
    ...[0, OP.globalGet, 0, OP.if, results[0] ?? NO_RESULT],
    ...[...forward, 1, OP.else, ...forward, 0, OP.end, OP.end],
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, FUNCTION_FORM, ...vector(params), ...vector(results)]),
    ...section(2, [
      3,
      ...[...name(""), ...name("position"), KIND.global, VALUE_TYPES["i32"] ?? 0, 1],
      ...[...name(""), ...name("plain"), KIND.function, 0],
      ...[...name(""), ...name("waiting"), KIND.function, 0],
    ]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("f"), KIND.function, 2]),
    ...section(10, [1, ...vector(body)]),
  ]);
}

function codesOf(types: string): number[] {
  return (types.match(/[if]\d\d/g) ?? []).map((name) => VALUE_TYPES[name] ?? 0);
}

function name(text: string): number[] {
  return vector([...new TextEncoder().encode(text)]);
}

function section(id: number, bytes: readonly number[]): number[] {
  return [id, ...vector(bytes)];
}

/** Longest part of the module: its lengths are written in one byte. */
const SHORT = 128;

function vector(bytes: readonly number[]): number[] {
  if (bytes.length < SHORT) return [bytes.length, ...bytes];
  throw new RangeError(
    `Cannot switch an import as it has too many parameters: its code has ${bytes.length} bytes`,
  );
}
