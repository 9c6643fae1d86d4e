/** Looks a text of a plugin up in its own translations. @module */

import type { Json } from "./contract.ts";
import type { GkPhrase } from "./gk_calls_json.ts";
import type { GkI18n } from "./gk_json.ts";

/** Characters of one translated text: `{a}{a}{a}…` with a long `a` must not fill the memory. */
const LONGEST_TEXT = 64 * 1024;

/**
 * The text under a key, with or without the namespace before it, in `language`, else in a shorter form
 * of it (`de-AT` → `de`), else in the first language that the plugin names; an unknown key is its own
 * text. `%s`, `%d` and `%v` stand for the arguments in turn, `{name}` and `{0}` for one of them.
 */
export function translate(i18n: GkI18n, language: string, { key, args }: GkPhrase): string {
  const template = find(i18n, language, key);
  return template === undefined ? key : fill(template, args);
}

function find(
  { namespace, languages, translations }: GkI18n,
  language: string,
  key: string,
): string | undefined {
  const short = key.startsWith(`${namespace}.`) ? key.slice(namespace.length + 1) : key;
  const [first = Object.keys(translations)[0] ?? ""] = languages;
  for (const each of [language, language.split(/[-_]/)[0] ?? "", first]) {
    const texts = Object.hasOwn(translations, each) ? translations[each] : undefined;
    if (texts === undefined) continue;
    for (const name of [key, short]) if (Object.hasOwn(texts, name)) return texts[name];
  }
  return undefined;
}

function fill(template: string, args: GkPhrase["args"]): string {
  const list: readonly Json[] = isList(args) ? args : [];
  const named: { readonly [name: string]: Json } = isList(args)
    ? Object.fromEntries(args.entries())
    : args;
  let next = 0;
  let room = LONGEST_TEXT;
  return template.replaceAll(/%[sdv%]|\{(\w{1,64})\}/g, (found, name: string | undefined) => {
    if (found === "%%") return "%";
    const value = name === undefined
      ? list[next++]
      : Object.hasOwn(named, name)
      ? named[name]
      : undefined;
    if (value === undefined) return found;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    room -= text.length;
    return room < 0 ? found : text;
  });
}

function isList(args: GkPhrase["args"]): args is readonly Json[] {
  return Array.isArray(args);
}
