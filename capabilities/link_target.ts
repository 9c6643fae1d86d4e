/** Whether a symbolic link stays in its tree: pure. @module */

/**
 * Whether a link at `path` to `target` leaves the tree, going by the text alone. Whoever walks the tree
 * for a guest never follows it there; but others may, and a guest leaves none behind for them.
 */
export function leadsOut(path: string, target: string): boolean {
  if (target.startsWith("/")) return true;
  let depth = path.split("/").length - 1;
  for (const part of target.split("/")) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}
