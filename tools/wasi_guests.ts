/** The WASI programs of the examples and the tests. @module */

import {
  assemble,
  buildAssemblyScript,
  buildGo,
  buildWasiC,
  CLANG,
  GO,
  type Guest,
  WASM_LD,
} from "./guest_builders.ts";

/** How each is built. */
export const WASI_GUESTS: readonly Guest[] = [
  {
    name: "wasi-bench",
    directory: "bench/kernels",
    module: "wasi.wasm",
    tools: [],
    build: (directory, out) => assemble(`${directory}/wasi.wat`, out),
  },
  {
    name: "wasi-posix",
    directory: "tests/conformance/wasi_guests/posix",
    module: "posix.wasm",
    tools: [CLANG, WASM_LD],
    build: (directory, out) => buildWasiC(directory, ["posix.c"], out, ["-D_GNU_SOURCE"]),
  },
  {
    name: "wasi-golang",
    directory: "tests/conformance/wasi_guests/golang",
    module: "files.wasm",
    tools: [GO],
    build: (directory, out) => buildGo(directory, out, []),
  },
  {
    name: "wasi-process",
    directory: "tests/fixtures/wasi",
    module: "process.wasm",
    tools: [],
    build: (directory, out) =>
      buildAssemblyScript(directory, "assembly/process.ts", out, "incremental", [
        "--use",
        "abort=",
        "--noAssert",
      ]),
  },
  {
    name: "wasi-forth",
    directory: "examples/conventions/wasi/forth",
    module: "forth.wasm",
    tools: [CLANG, WASM_LD],
    build: (directory, out) => buildWasiC(directory, ["forth.c"], out),
  },
  {
    name: "wasi-numbered",
    directory: "examples/conventions/wasi/numbered",
    module: "numbered.wasm",
    tools: [],
    build: (directory, out) =>
      buildAssemblyScript(directory, "assembly/numbered.ts", out, "incremental", [
        "--use",
        "abort=",
        "--noAssert",
      ]),
  },
  {
    name: "wasi-calls",
    directory: "tests/conformance/wasi_guests/calls",
    module: "calls.wasm",
    tools: [CLANG, WASM_LD],
    build: async (directory, out) => {
      const entries = await Array.fromAsync(Deno.readDir(directory));
      const sources = entries.map(({ name }) => name).filter((name) => name.endsWith(".c")).sort();
      await buildWasiC(directory, [...sources], out);
    },
  },
  {
    name: "wasi-words",
    directory: "examples/conventions/wasi/words",
    module: "words.wasm",
    tools: [GO],
    build: (directory, out) => buildGo(directory, out, []),
  },
];
