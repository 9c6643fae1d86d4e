/** Names and arguments of what a manifest asks for, checked in the same form as its shape. @module */

import type { Issue } from "../manifest/errors.ts";
import type { CapabilityAsk } from "../manifest/manifest.ts";
import { show } from "../manifest/printable.ts";
import type { CapabilityRegistry } from "./catalog.ts";
import { checkGrants, type GrantOptions } from "./grant_options.ts";

/** One finding about an ask. */
export interface AskIssue extends Issue {
  /**
   * `bad-manifest`: the ask itself is wrong. `missing-capability`: it may be right, but this host has
   * no such capability; resolving it fails with that code, or makes a stub of an optional one.
   */
  readonly code: "bad-manifest" | "missing-capability";
}

/**
 * Checks `asks` against what a host has.
 *
 * @returns findings in the order of the asks; empty when all is well.
 *
 * @example
 * ```ts
 * import { CapabilityRegistry, checkAsks } from "@airlock/host/capabilities";
 * import { assertEquals } from "@std/assert";
 *
 * const ask = { name: "evn", args: {}, optional: false, reason: "" };
 * const [issue] = checkAsks([ask], new CapabilityRegistry());
 * assertEquals(issue?.path, "capabilities[0]");
 * assertEquals(issue?.suggestion, "env");
 * ```
 */
export function checkAsks(
  asks: readonly CapabilityAsk[],
  registry: CapabilityRegistry,
): readonly AskIssue[] {
  const issues: AskIssue[] = [];
  const seen = new Map<string, number>();
  for (const [at, { name, args, optional }] of asks.entries()) {
    const path = `capabilities[${at}]`;
    const found = registry.get(name);
    if (!found) {
      const suggestion = registry.suggest(name);
      issues.push({
        code: "missing-capability",
        severity: optional ? "warning" : "error",
        path,
        message: `${show(name)} is not a capability of this host`,
        ...suggestion === undefined ? {} : { suggestion },
      });
      continue;
    }
    const { capability } = found;
    const first = seen.get(capability.name);
    if (first !== undefined) {
      issues.push({
        code: "bad-manifest",
        severity: "error",
        path,
        message: `"${capability.name}" is asked for twice: also in capabilities[${first}]`,
      });
      continue;
    }
    seen.set(capability.name, at);
    const parsed = capability.parse(args, "ask");
    if (parsed.ok) continue;
    for (const problem of parsed.problems) {
      const under = problem.path === "" ? "" : `.${problem.path}`;
      issues.push({
        code: "bad-manifest",
        severity: "error",
        path: path + under,
        message: problem.message,
      });
    }
  }
  return issues;
}

/**
 * The asks of a module that cannot ask: one whose imports tell nothing about what it uses. There the
 * operator's grant is also the ask.
 *
 * @throws {TypeError} as {@linkcode checkGrants} does.
 *
 * @example
 * ```ts
 * import { asksOfGrants, CapabilityRegistry } from "@airlock/host";
 * import { assertEquals } from "@std/assert";
 *
 * const asks = asksOfGrants({ env: { names: ["LANG"] } }, new CapabilityRegistry());
 * assertEquals(asks.map(({ name, args }) => [name, args]), [["env", { names: ["LANG"] }]]);
 * ```
 */
export function asksOfGrants(
  granted: GrantOptions,
  registry: CapabilityRegistry,
): readonly CapabilityAsk[] {
  const { all, named } = checkGrants(granted, registry);
  const names = new Set(named.keys());
  if (all) {
    for (const name of registry.names()) {
      const found = registry.get(name);
      if (found?.mode === "gated" && !found.capability.byNameOnly) names.add(name);
    }
  }
  return [...names].map((name) => {
    const args = named.get(name) ?? true;
    return { name, args: args === true ? {} : args, optional: true, reason: "" };
  });
}
