/**
 * `preopens`: the directories that an operator gives to one WASI program. Nobody can ask for it: it is
 * bound by the operator's own word when the program is loaded.
 *
 * @module
 */

import { type Capability, defineCapability } from "../capability.ts";
import { CapabilityError } from "../errors.ts";
import { FileError } from "../file_error.ts";
import type { BoundGrant } from "../grant.ts";
import { HostTree } from "../host_tree.ts";
import { writeFlag } from "../permission_flags.ts";
import { tree as ambient, type TreePower } from "../powers/tree.ts";
import type { BoundPreopen } from "../preopen.ts";
import { closeTrees, type OpenTrees, openTrees, preopenOperations } from "../preopen_operations.ts";
import { TreeUsage } from "../tree_usage.ts";

/** What it is granted. */
export interface PreopensGrant {
  readonly trees: readonly BoundPreopen[];
}

/** Binds the directories; the operator has decided. */
export function bindPreopens(trees: readonly BoundPreopen[]): BoundGrant {
  const grant: PreopensGrant = Object.freeze({ trees: Object.freeze([...trees]) });
  const capability = preopensCapability(ambient) as unknown as Capability;
  return Object.freeze({ name: capability.name, mode: "gated", capability, args: {}, grant });
}

/** Directories of WASI programs, with the power over them. */
function preopensCapability(power: TreePower): Capability<PreopensGrant, OpenTrees> {
  return defineCapability<PreopensGrant, OpenTrees>({
    name: "preopens",
    summary: "use directories that the operator gives to a WASI program",
    byNameOnly: true,
    parse: () => ({ ok: true, grant: { trees: [] } }),
    operations: preopenOperations((state) => state),
    denoPermissions({ trees }) {
      if (trees.length === 0) return [];
      const written = trees.filter(({ write }) => write);
      return [
        writeFlag("read", ...trees.map(({ host }) => host)),
        ...written.length > 0 ? [writeFlag("write", ...written.map(({ host }) => host))] : [],
      ];
    },
    setup({ extension: { name: extension }, grant }) {
      const trees = grant.trees.map((preopen) => {
        const over = (why: string) =>
          new CapabilityError("quota", { extension, capability: "preopens", grant: "" }, {
            reason: `Cannot use more of "${preopen.guest}" in extension "${extension}": ${why}`,
          });
        return opened(preopen, power, new TreeUsage(preopen, over));
      });
      return openTrees(() => trees);
    },
    teardown: closeTrees,
  });
}

/** @throws {TypeError} with the operator's own words for what cannot be given. */
function opened(preopen: BoundPreopen, power: TreePower, usage: TreeUsage): HostTree {
  try {
    return new HostTree(preopen, power, usage);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new TypeError(
      `Cannot preopen "${preopen.host}" as "${preopen.guest}": ${cause.code}`,
      { cause },
    );
  }
}
