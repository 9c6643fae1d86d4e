/**
 * Several modules as one guest: each may import what another one exports, also in a circle. One of
 * them is the main one; the others lend it functions and are never called from outside.
 *
 * @module
 */

import { Fault } from "../errors.ts";
import type { ImportShape, ModuleShape } from "./abi/contract.ts";
import { lazyImport } from "./lazy_import.ts";
import type { AddedExports } from "./rewrite/rewrite.ts";

/** What the others import the main module's exports from. */
export const MAIN_MODULE = "main";

/** One module of several, by the name that the others import it from. */
export interface LinkedModule {
  readonly name: string;
  readonly module: WebAssembly.Module;
  readonly shape: ModuleShape;
  /** What was added for the host to limit it. */
  readonly added: AddedExports | undefined;
}

/** The shape of all modules together: what they need from the host, and what the main one exports. */
export function linkedShape(main: ModuleShape, others: readonly LinkedModule[]): ModuleShape {
  if (others.length === 0) return main;
  const names = namesOf(others);
  const imports = [main, ...others.map(({ shape }) => shape)]
    .flatMap((shape) => shape.imports)
    .filter(({ module }) => !names.has(module));
  return { imports, exports: main.exports };
}

/** What is wrong with what the modules import from each other. */
export function linkProblems(
  main: ModuleShape,
  others: readonly LinkedModule[],
): readonly string[] {
  if (others.length === 0) return [];
  const providers = new Map(others.map(({ name, shape }) => [name, shape]));
  providers.set(MAIN_MODULE, main);
  return [...providers].flatMap(([importer, { imports }]) =>
    imports.flatMap((wanted) => {
      const provider = providers.get(wanted.module);
      return provider === undefined ? [] : linkProblem(importer, wanted, provider);
    })
  );
}

function linkProblem(
  importer: string,
  { module, name, kind, type }: ImportShape,
  provider: ModuleShape,
): readonly string[] {
  const found = provider.exports.find((one) => one.name === name && one.kind === kind);
  const wanted = `its module "${importer}" imports the ${kind} "${module}.${name}"`;
  if (found === undefined) return [`${wanted}, which "${module}" does not export`];
  if (type === undefined || found.type === undefined || type === found.type) return [];
  return [`${wanted} as ${type}, and it is exported as ${found.type}`];
}

function namesOf(others: readonly LinkedModule[]): ReadonlySet<string> {
  return new Set([MAIN_MODULE, ...others.map(({ name }) => name)]);
}

/** One module that was instantiated. */
export interface LinkedInstance {
  readonly name: string;
  readonly exports: WebAssembly.Exports;
}

/**
 * Instantiates what the main module needs, itself last; in this order they are to be started.
 *
 * @param hostImports The part of a module's imports that the host answers.
 * @throws {Fault} `unsupported` for a circle of anything but functions.
 */
export function instantiateLinked(
  main: LinkedModule,
  others: readonly LinkedModule[],
  hostImports: (part: LinkedModule) => WebAssembly.Imports,
  attach: (part: LinkedModule, exports: WebAssembly.Exports) => void,
): readonly LinkedInstance[] {
  const parts = new Map(others.map((part) => [part.name, part]));
  parts.set(MAIN_MODULE, main);
  /** `undefined` while a module is being made. */
  const made = new Map<string, WebAssembly.Exports | undefined>();
  const waiting: { readonly from: string; settle(exports: WebAssembly.Exports): void }[] = [];
  const order: LinkedInstance[] = [];

  function make(part: LinkedModule): WebAssembly.Exports {
    made.set(part.name, undefined);
    const imports = hostImports(part) as Record<string, Record<string, WebAssembly.ImportValue>>;
    for (const wanted of part.shape.imports) {
      const provider = parts.get(wanted.module);
      if (provider === undefined) continue;
      const from = imports[wanted.module] ??= Object.create(null);
      from[wanted.name] = provide(provider, wanted);
    }
    const { exports } = new WebAssembly.Instance(part.module, imports);
    attach(part, exports);
    made.set(part.name, exports);
    order.push({ name: part.name, exports });
    for (const { from, settle } of waiting) if (from === part.name) settle(exports);
    return exports;
  }

  function provide(provider: LinkedModule, { name, kind, type }: ImportShape) {
    const exports = made.has(provider.name) ? made.get(provider.name) : make(provider);
    if (exports !== undefined) return exports[name] as WebAssembly.ImportValue;
    if (kind !== "function" || type === undefined) {
      throw new Fault(
        "unsupported",
        `its modules import the ${kind} "${provider.name}.${name}" in a circle, which only functions of known signatures can`,
      );
    }
    const { fn, settle } = lazyImport(type);
    waiting.push({
      from: provider.name,
      settle: (settled) => settle(settled[name]),
    });
    return fn;
  }

  make(main);
  return order;
}
