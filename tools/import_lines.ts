/** Reads the import lines of a TypeScript file; it sees text, not syntax, and needs no program. @module */

/** One import or re-export. */
export interface Import {
  readonly specifier: string;
  /** Whether it vanishes when types are stripped. */
  readonly isType: boolean;
}

const STATIC = /^(import|export)\b(\s+type\b)?[^;"'`]*?\bfrom\s*["']([^"']+)["']/gm;
const BARE = /^import\s*["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"'`]+)["']/gm;
const BESIDE = /\bnew URL\(\s*["']([^"']+)["'],\s*import\.meta\.url\s*\)/g;

/** The imports of a module, `import()` of a literal included. */
export function importsOf(text: string): readonly Import[] {
  const code = withoutComments(text);
  return [
    ...[...code.matchAll(STATIC)].map(([, , type, specifier = ""]) => ({
      specifier,
      isType: type !== undefined,
    })),
    ...[...code.matchAll(BARE), ...code.matchAll(DYNAMIC)].map(([, specifier = ""]) => ({
      specifier,
      isType: false,
    })),
  ];
}

/** The files that a module names by `new URL("…", import.meta.url)`. */
export function loadedFilesOf(text: string): readonly string[] {
  return [...withoutComments(text).matchAll(BESIDE)].map(([, specifier = ""]) => specifier);
}

/** Drops comments that stand on lines of their own; others never look like an import. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, "").replace(/^\s*\/\/.*$/gm, "");
}
