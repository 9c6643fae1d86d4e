/** Finds the engine that a manifest names, in the isolation that operator and manifest want. @module */

import type { Isolation, Runtime } from "./contract.ts";
import { Fault } from "./errors.ts";
import { closest } from "../manifest/suggest.ts";

/** From the weakest wall to the strongest. */
const ISOLATIONS: readonly Isolation[] = ["inline", "worker", "process"];

/** What both sides want of one extension's isolation. */
export interface IsolationWish {
  /** The operator's floor; `undefined` leaves the choice to {@linkcode RuntimeRegistry.find}. */
  readonly operator: Isolation | undefined;
  /** The manifest's; it may ask for a stronger one only. */
  readonly manifest: Isolation | undefined;
}

/**
 * Engines by name and alias, each in one or more isolations.
 *
 * @example
 * ```ts
 * import { ExtensionHost } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * await using host = new ExtensionHost();
 * const js = host.runtimes.find("v8go", { operator: undefined, manifest: "process" });
 * assertEquals([js.name, js.isolation], ["js", "process"]);
 * ```
 */
export class RuntimeRegistry {
  readonly #runtimes: Runtime[] = [];

  /** Adds an engine; of two with the same name (or alias) and isolation the last one wins. */
  register(runtime: Runtime): this {
    this.#runtimes.unshift(runtime);
    return this;
  }

  /** All engines, the last registered first. */
  list(): readonly Runtime[] {
    return [...this.#runtimes];
  }

  /** Grows with each registration. */
  get version(): number {
    return this.#runtimes.length;
  }

  /**
   * The engine for `word`. Without a floor it is the weakest isolation that stops every loop and
   * contains every crash, or the weakest of all where none does.
   *
   * @throws {Fault} `unknown-runtime`, or `unsupported` when it has no isolation as strong as wanted.
   */
  find(word: string, { operator, manifest }: IsolationWish): Runtime {
    const named = this.#runtimes.filter((runtime) => namesOf(runtime).includes(word));
    const byIsolation = new Map<number, Runtime>();
    for (const runtime of named) {
      const rank = ISOLATIONS.indexOf(isolationOf(runtime));
      if (!byIsolation.has(rank)) byIsolation.set(rank, runtime);
    }
    if (byIsolation.size === 0) {
      const names = this.#runtimes.flatMap(namesOf);
      const hint = closest(word, names);
      throw new Fault(
        "unknown-runtime",
        `there is no runtime "${word}"` + (hint === undefined ? "" : `; did you mean "${hint}"?`),
      );
    }
    const floor = Math.max(rankOf(operator), rankOf(manifest));
    const candidates = [...byIsolation].filter(([rank]) => rank >= floor)
      .sort(([a], [b]) => a - b).map(([, runtime]) => runtime);
    const [weakest] = candidates;
    if (!weakest) {
      const has = [...byIsolation.values()].map(isolationOf).sort().join(" and ");
      throw new Fault(
        "unsupported",
        `runtime "${word}" runs ${has} only, and "${ISOLATIONS[floor]}" is wanted`,
      );
    }
    if (operator !== undefined) return weakest;
    return candidates.find(({ traits }) =>
      traits.loop === "hard" && traits.crash === "contained"
    ) ?? weakest;
  }
}

/** Where an engine runs its guests. */
export function isolationOf(runtime: Runtime): Isolation {
  return runtime.isolation ?? "inline";
}

function namesOf({ name, aliases = [] }: Runtime): readonly string[] {
  return [name, ...aliases];
}

function rankOf(isolation: Isolation | undefined): number {
  return isolation === undefined ? 0 : ISOLATIONS.indexOf(isolation);
}
