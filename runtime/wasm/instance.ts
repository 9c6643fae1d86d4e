/** Makes one instance: binds its imports, brings it to life, runs its start functions. @module */

import type { Call } from "../contract.ts";
import { Fault } from "../errors.ts";
import type { WasiPowers } from "../wasi/contract.ts";
import type { WasiPreopen } from "../wasi/files.ts";
import { type AskHost, hostPreopens } from "../wasi/host_tree.ts";
import { type MemoryFiles, treeOf } from "../wasi/memory_files.ts";
import { sleepUntil } from "../wasi/sleep.ts";
import { WASI_MODULE, wasiFunctions } from "../wasi/preview1.ts";
import { GuestMemory } from "../memory.ts";
import type {
  Abi,
  AbiEnvironment,
  GuestFunction,
  ImportTable,
  ModuleShape,
  Session,
} from "./abi/contract.ts";
import { assemblyScriptImports } from "./assemblyscript.ts";
import { exitFault, type FarHost, LiveGuest } from "./guest.ts";
import { importsOf } from "./imports.ts";
import { rawImportTable } from "./raw_imports.ts";
import { promising } from "./jspi.ts";
import { instantiateLinked, type LinkedModule, MAIN_MODULE } from "./link.ts";
import { memoryFault } from "./memory_fault.ts";
import type { Program } from "./program.ts";
import type { AddedExports } from "./rewrite/rewrite.ts";

/** What every convention's guests find beside the convention itself. */
type BlueprintPlatform = "environment" | "powers" | "sleep" | "rawTable";

/** Everything that instances of one extension share. */
export interface Blueprint {
  readonly module: WebAssembly.Module;
  /** What was added to it for the host to limit it. */
  readonly added: AddedExports | undefined;
  /** The module's own shape and what it is linked with, where it is not alone. */
  readonly linking?: {
    readonly shape: ModuleShape;
    readonly others: readonly LinkedModule[];
  };
  readonly abi: Abi;
  readonly environment: AbiEnvironment;
  readonly powers: WasiPowers;
  /** Makes the program of one instance. */
  readonly program: () => Program;
  /** How an instance reaches a host on another thread. */
  readonly far?: (guest: LiveGuest) => FarHost;
  /** What answers raw imports; default: the functions themselves. */
  readonly rawTable?: ((guest: LiveGuest, memory: GuestMemory) => ImportTable) | undefined;
  /** How a guest sleeps that cannot be suspended; default: on the thread, until its time is over. */
  readonly sleep?: ((deadline: number, ms: number) => void) | undefined;
  /** Directories in memory, by the names guests have for them. */
  readonly memoryFiles?: ReadonlyMap<string, MemoryFiles>;
  /** The same, where they are on another thread. */
  readonly farTrees?: readonly WasiPreopen[];
}

/** One instance at work. */
export interface GuestInstance {
  readonly guest: LiveGuest;
  readonly session: Session;
  /** Memories of the modules that it is linked with. */
  readonly memories: readonly GuestMemory[];
}

/** Bytes that an instance has, with what its convention keeps for it and the modules linked to it. */
export function sizeOf({ guest, session, memories }: GuestInstance): number {
  let bytes = guest.memory.size + (session.memorySize?.() ?? 0);
  for (const { size } of memories) bytes += size;
  return bytes;
}

/** What a guest's imports are answered from; it builds closures and runs nothing. */
export function bindImports(
  guest: LiveGuest,
  { abi, ...platform }: Pick<Blueprint, "abi" | BlueprintPlatform>,
): { readonly session: Session; readonly tables: readonly ImportTable[] } {
  const session = abi.bind(guest, platform.environment);
  const tables = platformTables(guest, guest.memory, platform);
  return { session, tables: [session.imports, ...tables] };
}

/** What is offered under every convention, over one memory. */
function platformTables(
  guest: LiveGuest,
  memory: GuestMemory,
  { environment, powers, sleep = sleepUntil, rawTable }: Pick<Blueprint, BlueprintPlatform>,
): readonly ImportTable[] {
  const { program } = guest;
  const tables: ImportTable[] = [
    assemblyScriptImports({ memory, randomFill: powers.randomFill }),
    rawTable?.(guest, memory) ??
      rawImportTable(guest, memory, environment, environment.rawImports ?? []),
  ];
  if (importsWasi(environment)) {
    tables.push({
      [WASI_MODULE]: wasiFunctions({
        memory,
        get stdio() {
          return program.stdio;
        },
        get descriptors() {
          return program.descriptors;
        },
        powers,
        env: program.env,
        get args() {
          return program.args;
        },
        sleep: (ms) =>
          powers.sleep === undefined ? sleep(guest.call.deadline, ms) : powers.sleep(ms),
        tick: (cost) => guest.tick(cost),
        exit: (status) => guest.exit(status),
      }),
    });
  }
  return tables;
}

/**
 * A started instance; a promise only where its start functions may be suspended.
 *
 * @throws {Fault} what its start functions failed with, or `memory-limit`.
 */
export function startInstance(
  blueprint: Blueprint,
  call: Call,
): GuestInstance | Promise<GuestInstance> {
  const { environment, abi } = blueprint;
  const guest = new LiveGuest(blueprint.program(), call);
  guest.far = blueprint.far?.(guest);
  if (importsWasi(environment)) guest.program.preopen(preopensOf(guest, blueprint));
  const { session, tables } = bindImports(guest, blueprint);
  const memories: GuestMemory[] = [];
  const instance = { guest, session, memories };
  try {
    const others = bringToLife(blueprint, instance, tables);
    for (const memory of [guest.memory, ...memories]) {
      checkMemory(memory, environment.limits.memoryBytes);
    }
    const entries = others.flatMap((exports) => startOf(exports, guest) ?? []);
    const own = abi.starts ? guest.entry("_initialize") ?? guest.entry("_start") : undefined;
    const all = [...guest.starts, ...entries, ...own === undefined ? [] : [own]];
    const status = runAll(all, guest);
    if (typeof status !== "number") {
      return finishLater(instance, status);
    }
    const started = startSession(session, status);
    return started === undefined ? instance : finishLater(instance, started);
  } catch (error) {
    guest.program.end();
    throw guest.explain(error);
  }
}

function importsWasi({ shape }: AbiEnvironment): boolean {
  return shape.imports.some(({ module }) => module === WASI_MODULE);
}

/** The directories of one instance: the operator's, those it is granted, and those in memory. */
function preopensOf(
  guest: LiveGuest,
  { environment: { host }, memoryFiles, farTrees = [] }: Blueprint,
): readonly WasiPreopen[] {
  // What closes is not counted: a guest that used up its operations leaves nothing open.
  const ask: AskHost = (operation, args) =>
    host.callSync(
      operation,
      args,
      operation.endsWith("close") ? NOT_COUNTED : { budget: guest.call.budget },
    );
  const found = ["preopens", "fs"] as const;
  const granted = found.filter((name) => host.has?.(`${name}.wasi_trees`))
    .flatMap((name) => hostPreopens(name, ask));
  const memory = Array.from(
    memoryFiles ?? [],
    ([guest, files]): WasiPreopen => ({ guest, tree: treeOf(files), write: !files.readOnly }),
  );
  const seen = new Set<string>();
  return [...granted, ...memory, ...farTrees].filter(({ guest }) =>
    !seen.has(guest) && seen.add(guest)
  );
}

const NOT_COUNTED = {};

/**
 * Makes the module, and those that it is linked with, alive.
 *
 * @returns the exports of those others, in the order in which they are to be started.
 */
function bringToLife(
  blueprint: Blueprint,
  { guest, memories }: GuestInstance & { readonly memories: GuestMemory[] },
  tables: readonly ImportTable[],
): readonly WebAssembly.Exports[] {
  const { module, added, environment, linking } = blueprint;
  if (linking === undefined) {
    const imports = importsOf(environment.shape, tables, guest);
    const { exports } = new WebAssembly.Instance(module, imports);
    guest.adopt(exports, added);
    guest.attach(exports);
    return [];
  }
  const main = { name: MAIN_MODULE, module, added, shape: linking.shape };
  /** Its system calls work on the memory of the module that makes them. */
  const memoryOf = new Map<LinkedModule, GuestMemory>([[main, guest.memory]]);
  const made = instantiateLinked(main, linking.others, (part) => {
    if (part === main) return importsOf(part.shape, tables, guest);
    const memory = new GuestMemory();
    memoryOf.set(part, memory);
    memories.push(memory);
    const [own = {}] = tables;
    return importsOf(part.shape, [own, ...platformTables(guest, memory, blueprint)], guest);
  }, (part, exports) => {
    guest.adopt(exports, part.added);
    if (part === main) guest.attach(exports);
    else if (exports["memory"] instanceof WebAssembly.Memory) {
      memoryOf.get(part)?.attach(exports["memory"]);
    }
  });
  return made.filter(({ name }) => name !== MAIN_MODULE).map(({ exports }) => exports);
}

/** What starts a linked module. */
function startOf(exports: WebAssembly.Exports, guest: LiveGuest): GuestFunction | undefined {
  const start = exports["_initialize"] ?? exports["_start"];
  if (typeof start !== "function") return undefined;
  return guest.suspends ? promising(start as GuestFunction) : start as GuestFunction;
}

/** Runs start functions in order, until one exits with a status. */
function runAll(entries: readonly GuestFunction[], guest: LiveGuest): number | Promise<number> {
  for (const [at, entry] of entries.entries()) {
    const status = guest.runToExit(entry);
    if (typeof status !== "number") {
      return status.then((exited) => exited === 0 ? runAll(entries.slice(at + 1), guest) : exited);
    }
    if (status !== 0) return status;
  }
  return 0;
}

function startSession(session: Session, status: number): void | Promise<void> {
  if (status !== 0) throw exitFault(status);
  return session.start?.();
}

async function finishLater(
  instance: GuestInstance,
  step: Promise<number> | Promise<void>,
): Promise<GuestInstance> {
  try {
    const status = await step;
    if (status !== undefined) await startSession(instance.session, status);
    return instance;
  } catch (error) {
    instance.guest.program.end();
    throw instance.guest.explain(error);
  }
}

function checkMemory(memory: GuestMemory, limit: number): void {
  if (memory.isShared) throw new Fault("unsupported", "its module has a shared memory");
  if (memory.size > limit) throw memoryFault(memory.size, limit);
}
