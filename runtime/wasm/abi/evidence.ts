/** What of a module tells its convention, in the words of `inspect`. @module */

import type { ModuleShape } from "./contract.ts";

/** Says which of `names` are exported, or else that something is imported from `module`; `undefined` where neither is so. */
export function evidenceOf(
  { exports, imports }: ModuleShape,
  names: readonly string[],
  module?: string,
): string | undefined {
  const found = exports.filter(({ name }) => names.includes(name));
  if (found.length > 0) return `it exports ${found.map(({ name }) => `"${name}"`).join(" and ")}`;
  return imports.some((one) => one.module === module) ? `it imports from "${module}"` : undefined;
}
