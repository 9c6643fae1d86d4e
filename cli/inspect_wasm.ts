/** What `airlock inspect` tells of a WASM module: its sizes, its features, and who answers its imports. @module */

import type { DescribedImport, DescribedSize, ExtensionDescription } from "../mod.ts";

/** One row: a label and what stands beside it; a list of words is wrapped to the screen. */
export type Row = readonly [label: string, value: string | readonly string[]];

type Module = NonNullable<ExtensionDescription["module"]>;

/** The rows of a module's inside; none for one that is no WASM. */
export function wasmRows({ wasm }: Module): readonly Row[] {
  if (wasm === undefined) return [];
  const { codeBytes, functions, limitedBytes, metered, starts } = wasm;
  const limited = limitedBytes === undefined
    ? "refused, so nothing of it is compiled"
    : `${limitedBytes} bytes once it is limited${metered ? " and its work counted" : ""}`;
  return [
    ["code", `${functions} functions, ${codeBytes} bytes; ${limited}`],
    ...starts ? [["", "it has a start section, which runs under the same limits"] as const] : [],
    ["features", wasm.features],
    ...wasm.memories.map((size): Row => ["memory", sizeText(size, "pages of 64 KiB")]),
    ...wasm.tables.map((size): Row => ["table", sizeText(size, "elements")]),
  ];
}

function sizeText({ min, max, limit }: DescribedSize, what: string): string {
  const own = max === undefined ? "no maximum of its own" : `${max} at most`;
  const limited = limit === undefined ? "refused" : `limited to ${limit}`;
  return `${min} ${what}, ${own}; ${limited}`;
}

/** The rows of imports: those that are answered, those that need a grant, those that nobody answers. */
export function importRows({ imports, answers }: Module): readonly Row[] {
  if (answers === undefined) return [["imports", imports]];
  const names = (wanted: (one: DescribedImport) => boolean) =>
    answers.filter(wanted).map(({ name }) => name);
  const capabilities = new Set(answers.map(({ capability }) => capability).filter((one) => one));
  return [
    ["imports", names(({ by, capability }) => by !== "nobody" && capability === "")],
    ...[...capabilities].map((needed): Row => [
      "needs",
      `${needed}: ${names(({ capability }) => capability === needed).join(", ")}`,
    ]),
    ["unanswered", names(({ by, capability }) => by === "nobody" && capability === "")],
  ];
}
