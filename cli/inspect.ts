/** `airlock inspect`: tells what an extension is without running it. @module */

import { type DescribedAsk, escapeControls, type ExtensionDescription, shellWord } from "../mod.ts";
import type { Command, Invocation } from "./command.ts";
import { EXIT } from "./exit.ts";
import { registrationRows } from "./inspect_registration.ts";
import { print, printJson } from "./io.ts";
import { issueFile, issueLine } from "./issue.ts";
import { importRows, type Row, wasmRows } from "./inspect_wasm.ts";
import { type Paint, paintFor } from "./paint.ts";
import { withHost } from "./session.ts";
import { settingsOf } from "./settings.ts";

/** The command. */
export const inspectCommand: Command = {
  name: "inspect",
  operands: ["PATH"],
  summary: "tell what PATH is, without running it",
  notes: [
    "Manifest, engine and isolation, guest convention and why, imports, exports,",
    "hashes, limits, and what each ask comes to with the --grant options given;",
    "of a WASM module its sizes and features, before it is limited and after.",
    "--describe asks a module that can say what it needs, without any host.",
  ],
  run,
};

async function run({ operands: [path = ""], values, io }: Invocation): Promise<number> {
  const settings = await settingsOf(values);
  return await withHost(io, settings, async ({ host, signal }) => {
    const describe = values.has("describe");
    const found = await host.inspect(path, { ...settings.load, describe, signal });
    const ok = found.issues.every(({ severity }) => severity !== "error");
    if (values.has("json")) await printJson(io, { ok, ...found, limits: finite(found.limits) });
    else {
      await print(io, textOf(found, paintFor(io, "out")));
      const lines = found.issues.map((issue) => `${issueLine(issue, issueFile(found, issue))}\n`);
      io.err(lines.join(""));
    }
    return ok ? EXIT.ok : EXIT.invalid;
  });
}

/** JSON has no `Infinity`: an unlimited one is `null`, as operators write it. */
function finite(limits: ExtensionDescription["limits"]): unknown {
  if (!limits) return null;
  return Object.fromEntries(
    Object.entries(limits).map(([name, value]) => [name, value === Infinity ? null : value]),
  );
}

function textOf(found: ExtensionDescription, paint: Paint): string {
  const { manifest, engine, isolation, missing, module, asks, limits } = found;
  const lines: (readonly [string, string])[] = [];
  const add = (label: string, ...values: readonly (string | undefined)[]) => {
    for (const value of values) {
      if (value !== undefined && value !== "") lines.push([label, escapeControls(value)]);
    }
  };
  add("source", found.source);
  if (manifest) {
    add("name", `${manifest.name} ${manifest.version}`);
    add("description", manifest.description);
    add(
      "runtime",
      `${manifest.runtime} (engine ${engine ?? "unknown"}, isolation ${isolation ?? "unknown"})`,
    );
  }
  add("unavailable", ...missing);
  const addRows = (rows: readonly Row[]) => {
    for (const [label, value] of rows) {
      add(label, ...typeof value === "string" ? [value] : wrapped(value));
    }
  };
  add("module", sized(manifest?.module, found.moduleBytes));
  addRows(module ? wasmRows(module) : []);
  add("integrity", found.integrity);
  add("digest", found.digest);
  add("abi", module?.abi);
  add("evidence", ...module?.evidence ?? []);
  add("files", ...module?.files.slice(1) ?? []);
  addRows(module ? importRows(module) : []);
  add("declares", ...wrapped(manifest?.exports ?? []));
  add("exports", ...wrapped(module?.exports ?? []));
  add("emits", ...wrapped(Object.keys(module?.described?.events ?? {})));
  addRows(module ? registrationRows(module) : []);
  add("asks", ...asks.map(askText));
  add("limits", ...wrapped(Object.entries(limits ?? {}).map(limitText)));
  let last = "";
  return lines.map(([label, value]) => {
    const head = label === last ? "" : label;
    last = label;
    return `${paint.faint(head.padEnd(12))}${value}\n`;
  }).join("");
}

function limitText([name, value]: readonly [string, number]): string {
  return `${name} ${value === Infinity ? "unlimited" : value}`;
}

/** Characters beside the labels on a screen. */
const LINE = 68;

/** Items joined to lines that fit a screen, as far as they do themselves. */
function wrapped(items: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const [at, item] of items.entries()) {
    const text = at === items.length - 1 ? item : `${item},`;
    const line = lines.at(-1);
    if (line === undefined || line.length + text.length >= LINE) lines.push(text);
    else lines[lines.length - 1] = `${line} ${text}`;
  }
  return lines;
}

function sized(module: string | undefined, bytes: number | undefined): string | undefined {
  if (bytes === undefined) return module;
  return `${module ?? "the default module"}, ${bytes} bytes`;
}

function askText({ name, args, optional, reason, decision, grant }: DescribedAsk): string {
  const what = Object.keys(args).length === 0 ? name : `${name} ${JSON.stringify(args)}`;
  const verdict = decision === "refused" ? `refused; add: --grant ${shellWord(grant)}` : decision;
  const why = reason === "" ? "" : ` (its reason: ${reason})`;
  return `${what}${optional ? ", optional" : ""}: ${verdict}${why}`;
}
