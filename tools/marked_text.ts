/** Parts of a document that a program writes, each between two marks: `<!-- name: command -->` and `<!-- /name -->`. @module */

interface Marked {
  readonly from: number;
  readonly to: number;
}

function find(text: string, name: string): Marked {
  const begin = new RegExp(`<!-- ${name}: [^\\n]* -->\\n`).exec(text);
  const from = begin === null ? -1 : begin.index + begin[0].length;
  const to = text.indexOf(`<!-- /${name} -->`, from);
  if (from < 0 || to < 0) throw new TypeError(`The document has no marks for "${name}"`);
  return { from, to };
}

/** What stands between the marks. */
export function markedPart(text: string, name: string): string {
  const { from, to } = find(text, name);
  return text.slice(from, to);
}

/** `text` with `part` between the marks. */
export function withMarkedPart(text: string, name: string, part: string): string {
  const { from, to } = find(text, name);
  return text.slice(0, from) + part + text.slice(to);
}
