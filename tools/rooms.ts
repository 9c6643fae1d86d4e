/** The rooms of this repository: what each may import and which powers it may touch, in one table. @module */

/** Files that share one rule. */
export interface Room {
  /** What messages call it. */
  readonly name: string;
  /** Its files: `*` stands for a part of a name, `**` for any path. */
  readonly files: readonly string[];
  /** Files and packages it may import, its own files included only if they are listed. */
  readonly imports: readonly string[];
  /** Globals, `node:` modules and packages with ambient power that it may touch; default: none. */
  readonly powers?: readonly string[];
}

/** Globals that reach outside the program, or tell it apart from another run of itself. */
export const POWER_GLOBALS: ReadonlySet<string> = new Set([
  "BroadcastChannel",
  "caches",
  "crypto",
  "Date",
  "Deno",
  "EventSource",
  "fetch",
  "localStorage",
  "process",
  "sessionStorage",
  "WebSocket",
  "Worker",
  "XMLHttpRequest",
]);

const POWER_MODULES = ["node:**", "@std/fs", "@std/crypto"];

/** What every engine knows of the host. */
const FOUNDATION = [
  "capabilities/**",
  "manifest/**",
  "runtime/codec.ts",
  "runtime/contract.ts",
  "runtime/deadline.ts",
  "runtime/errors.ts",
  "runtime/limits.ts",
  "runtime/live_memories.ts",
  "runtime/memory.ts",
  "runtime/sha256.ts",
  "runtime/source.ts",
  "runtime/waits.ts",
];

/** A guest convention is pure bytes: it sees its contract and the checked views over memory. */
const PURE = [
  "capabilities/host_calls.ts",
  "capabilities/capability.ts",
  "capabilities/errors.ts",
  "runtime/contract.ts",
  "runtime/errors.ts",
  "runtime/memory.ts",
];

/** What two conventions share with the readers of their manifests and payloads. */
const SHARED_TABLES = ["manifest/pulp_host.ts", "runtime/msgpack_check.ts"];

/** The payloads of Pulp cells, for whoever hands them some. */
const PULP_CODEC = [
  "runtime/wasm/abi/pulp_msgpack.ts",
  "runtime/wasm/abi/pulp_config.ts",
  "runtime/wasm/abi/header_names.ts",
];

const EVERYTHING = ["**"];

/** The first room that holds a file is its room. */
export const ROOMS: readonly Room[] = [
  {
    name: "manifest",
    files: ["manifest/**"],
    imports: ["manifest/**", "jsonc-parser", "semver", "smol-toml", "@std/path"],
  },
  {
    name: "power files",
    files: ["capabilities/powers.ts", "capabilities/powers/**"],
    imports: ["capabilities/**", "manifest/**", "@sqlite.org/sqlite-wasm/**", "@std/path"],
    powers: EVERYTHING,
  },
  {
    name: "capabilities",
    files: ["capabilities/**"],
    imports: ["capabilities/**", "manifest/**", "@std/path"],
  },
  {
    name: "the contract of guest conventions",
    files: ["runtime/wasm/abi/contract.ts"],
    imports: [...PURE, "capabilities/raw_import.ts", "manifest/manifest.ts", "runtime/limits.ts"],
  },
  {
    name: "guest conventions",
    files: ["runtime/wasm/abi/**"],
    imports: [...PURE, ...SHARED_TABLES, "runtime/wasm/abi/**"],
  },
  {
    name: "wasi",
    files: ["runtime/wasi/**"],
    imports: [
      ...PURE,
      "capabilities/file_error.ts",
      "capabilities/link_target.ts",
      "runtime/wasi/**",
    ],
  },
  {
    name: "wasm lanes",
    files: ["runtime/wasm/lane/**"],
    imports: [...FOUNDATION, "runtime/wasm/**", "runtime/wasi/**", "runtime/worker/**"],
    powers: ["node:vm"],
  },
  {
    name: "wasm",
    files: ["runtime/wasm/**"],
    imports: [...FOUNDATION, "runtime/wasm/**", "runtime/wasi/**", "runtime/worker/**"],
  },
  {
    name: "worker lane",
    files: ["runtime/worker/**"],
    imports: [...FOUNDATION, "runtime/worker/**", "runtime/script/wire.ts"],
    powers: EVERYTHING,
  },
  {
    name: "process lane",
    files: ["runtime/process/**"],
    imports: [...FOUNDATION, "runtime/process/**", "runtime/script/wire.ts"],
    powers: EVERYTHING,
  },
  {
    name: "guest-side prelude",
    files: ["runtime/script/prelude/**"],
    imports: ["runtime/script/prelude/**"],
    powers: ["Date"],
  },
  {
    name: "script files inside a lane",
    files: [
      "runtime/script/lane*.ts",
      "runtime/script/realm*.ts",
      "runtime/script/guard*.ts",
      "runtime/script/strip_worker.ts",
    ],
    imports: [
      ...FOUNDATION,
      "runtime/script/**",
      "runtime/worker/**",
      "runtime/process/**",
      "amaro",
    ],
    powers: ["node:vm"],
  },
  {
    name: "script",
    files: ["runtime/script/**"],
    imports: [
      ...FOUNDATION,
      "runtime/script/**",
      "runtime/worker/**",
      "runtime/process/**",
      "amaro",
      "@std/path",
    ],
  },
  {
    name: "quickjs",
    files: ["runtime/quickjs/**"],
    imports: [
      ...FOUNDATION,
      "runtime/quickjs/**",
      "runtime/script/**",
      // The interpreter is a WebAssembly module too: it is counted and stopped as those are.
      "runtime/wasm/meter.ts",
      "runtime/wasm/rewrite/rewrite.ts",
      "runtime/wasm/trap.ts",
      "quickjs-emscripten-core",
      "@jitl/quickjs-singlefile-mjs-release-sync",
    ],
  },
  {
    name: "what authors of guests import",
    files: ["runtime/guest/**"],
    imports: ["runtime/guest/**"],
  },
  { name: "native", files: ["runtime/native/**"], imports: [...FOUNDATION, "runtime/native/**"] },
  {
    name: "drivers",
    files: ["runtime/drivers/**"],
    imports: [
      ...FOUNDATION,
      "runtime/drivers/**",
      "runtime/extension.ts",
      "runtime/options.ts",
      "runtime/views/**",
      "runtime/wasm/abi/*_json.ts",
      ...PULP_CODEC,
      "croner",
      "@std/path",
    ],
  },
  {
    name: "serving",
    files: ["runtime/serving/**"],
    imports: [
      ...FOUNDATION,
      "runtime/serving/**",
      "runtime/drivers/driver.ts",
      "runtime/drivers/drivers.ts",
      "runtime/extension.ts",
      "runtime/translate.ts",
    ],
  },
  {
    name: "typed views",
    files: ["runtime/views/**"],
    imports: [
      ...FOUNDATION,
      "runtime/views/**",
      "runtime/extension.ts",
      "runtime/wasm/abi/*_json.ts",
      ...PULP_CODEC,
    ],
  },
  {
    name: "the table of engines",
    files: ["runtime/builtin.ts"],
    imports: [...FOUNDATION, "runtime/*/runtime.ts", "runtime/native/registry.ts"],
  },
  {
    name: "the runtime's front door",
    files: ["runtime/mod.ts"],
    imports: ["runtime/**", "capabilities/**", "manifest/**"],
  },
  {
    name: "runtime",
    files: ["runtime/*.ts"],
    imports: [
      "runtime/*.ts",
      "runtime/drivers/drivers.ts",
      "runtime/native/registry.ts",
      "runtime/serving/**",
      "runtime/views/**",
      "runtime/wasi/deterministic.ts",
      "runtime/wasi/memory_files.ts",
      "runtime/wasm/abi/contract.ts",
      "runtime/wasm/abi/*_json.ts",
      "capabilities/**",
      "manifest/**",
      "@std/path",
      "@msgpack/msgpack",
    ],
  },
  {
    name: "the public surface",
    files: ["mod.ts"],
    imports: ["runtime/**", "capabilities/**", "manifest/**"],
  },
  {
    name: "cli",
    files: ["cli/**"],
    imports: ["cli/**", "mod.ts", "*/mod.ts", "deno.json", "@std/path"],
    powers: EVERYTHING,
  },
  {
    name: "examples",
    files: ["examples/**"],
    imports: ["examples/**", "@airlock/host", "@airlock/host/**", "@std/**", "node:**"],
    powers: EVERYTHING,
  },
  {
    name: "offline",
    files: ["offline/**"],
    imports: ["@std/**", "jsr:@std/**"],
    powers: EVERYTHING,
  },
  {
    name: "workshop",
    files: ["tests/**", "tools/**", "bench/**", "docs/**"],
    imports: EVERYTHING,
    powers: EVERYTHING,
  },
];

/** The room of a file, by its path from the repository's root. */
export function roomOf(file: string): Room | undefined {
  return ROOMS.find((room) => matches(room.files, file));
}

/**
 * Why `file` may not import `specifier`; `undefined` when it may. Modules with power are not
 * judged here but by {@linkcode powerProblem}.
 */
export function importProblem(file: string, specifier: string): string | undefined {
  const room = roomOf(file);
  if (!room) return `"${file}" belongs to no room of tools/rooms.ts`;
  const target = targetOf(file, specifier);
  if (target === undefined) return `"${specifier}" leaves the repository`;
  if (matches(POWER_MODULES, target) || matches(room.imports, target)) return undefined;
  return `${room.name} may not import "${target}"`;
}

/** Why `file` may not touch the global or module `power`; `undefined` when it may. */
export function powerProblem(file: string, power: string): string | undefined {
  const isPower = POWER_GLOBALS.has(power) || matches(POWER_MODULES, power);
  const room = roomOf(file);
  if (!isPower || !room || matches(room.powers ?? [], power)) return undefined;
  return `${room.name} may not touch "${power}"`;
}

/** The imported file's path from the root, or the bare specifier; `undefined` when it is outside. */
export function targetOf(file: string, specifier: string): string | undefined {
  if (!/^\.{1,2}\//.test(specifier)) return specifier.startsWith("/") ? undefined : specifier;
  const parts = file.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== ".") {
      parts.push(part);
    }
  }
  return parts.join("/");
}

function matches(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => {
    const source = pattern.replace(/[.+^$()|[\]\\{}?]/g, "\\$&")
      .replace(/\*+/g, (stars) => stars.length > 1 ? ".*" : "[^/]*");
    return new RegExp(`^${source}$`).test(path);
  });
}
