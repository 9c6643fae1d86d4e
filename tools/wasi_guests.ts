/** The WASI programs of the examples and the tests. @module */

import {
  assemble,
  ASSEMBLYSCRIPT,
  buildGo,
  CLANG,
  GO,
  type Guest,
  run,
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
    build: (directory, out) =>
      run(directory, "clang", [
        ...["--target=wasm32-wasi", "--sysroot=/usr", "-std=c11", "-D_GNU_SOURCE", "-Os"],
        ...["-Wall", "-Wextra", "-Werror", "-Wl,--strip-all", "-o", out, "posix.c"],
      ]),
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
      run(directory, Deno.execPath(), [
        ...["run", "--allow-all", "--no-config", "--no-lock", ASSEMBLYSCRIPT],
        ...["assembly/process.ts", "--outFile", out, "--use", "abort="],
        ...["--runtime", "incremental", "--optimizeLevel", "3", "--shrinkLevel", "1", "--noAssert"],
      ]),
  },
  {
    name: "wasi-forth",
    directory: "examples/conventions/wasi/forth",
    module: "forth.wasm",
    tools: [CLANG, WASM_LD],
    build: (directory, out) =>
      run(directory, "clang", [
        ...["--target=wasm32-wasi", "--sysroot=/usr", "-std=c11", "-Os"],
        ...["-Wall", "-Wextra", "-Werror", "-Wl,--strip-all", "-o", out, "forth.c"],
      ]),
  },
  {
    name: "wasi-numbered",
    directory: "examples/conventions/wasi/numbered",
    module: "numbered.wasm",
    tools: [],
    build: (directory, out) =>
      run(directory, Deno.execPath(), [
        ...["run", "--allow-all", "--no-config", "--no-lock", ASSEMBLYSCRIPT],
        ...["assembly/numbered.ts", "--outFile", out, "--use", "abort="],
        ...["--runtime", "incremental", "--optimizeLevel", "3", "--shrinkLevel", "1", "--noAssert"],
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
      await run(directory, "clang", [
        ...["--target=wasm32-wasi", "--sysroot=/usr", "-std=c11", "-Os"],
        ...["-Wall", "-Wextra", "-Werror", "-Wl,--strip-all", "-o", out, ...sources],
      ]);
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
