/** `airlock doctor`: tells which engines work on this machine, and what the others lack. @module */

import { type Runtime, VERSION } from "../mod.ts";
import type { Command, Invocation } from "./command.ts";
import { EXIT } from "./exit.ts";
import { print, printJson } from "./io.ts";
import { type Paint, paintFor } from "./paint.ts";
import { withHost } from "./session.ts";
import { table } from "./table.ts";

/** The command. */
export const doctorCommand: Command = {
  name: "doctor",
  operands: [],
  summary: "tell which engines work here, and why not",
  notes: [
    "Each engine and isolation, what it guarantees, and what it lacks here.",
  ],
  run,
};

/** One engine in one isolation. */
interface Engine {
  readonly engine: string;
  readonly aliases: readonly string[];
  readonly isolation: string;
  readonly works: boolean;
  /** What it lacks, each with its remedy. */
  readonly missing: readonly string[];
  /** What it cannot promise here though it runs. */
  readonly notes: readonly string[];
  readonly traits: Runtime["traits"];
}

async function run({ values, io }: Invocation): Promise<number> {
  return await withHost(io, { host: {} }, async ({ host }) => {
    const engines = await Promise.all(host.runtimes.list().toReversed().map(engineOf));
    const { deno, v8, typescript } = Deno.version;
    const { os, arch } = Deno.build;
    const versions = { airlock: VERSION, deno, v8, typescript, os, arch };
    if (values.has("json")) await printJson(io, { ok: true, versions, engines });
    else {
      await print(io, `airlock ${VERSION}, Deno ${deno}, V8 ${v8}, ${os} ${arch}\n\n`);
      await print(io, textOf(engines, paintFor(io, "out")));
    }
    return EXIT.ok;
  });
}

async function engineOf(runtime: Runtime): Promise<Engine> {
  const missing = await runtime.missing?.() ?? [];
  return {
    engine: runtime.name,
    aliases: runtime.aliases ?? [],
    isolation: runtime.isolation ?? "inline",
    works: missing.length === 0,
    missing,
    notes: missing.length === 0 ? await runtime.notes?.() ?? [] : [],
    traits: runtime.traits,
  };
}

function textOf(engines: readonly Engine[], paint: Paint): string {
  const head = ["ENGINE", "ALSO", "ISOLATION", "ENDLESS LOOP", "MEMORY", "CRASH", "STATUS"];
  const rows = engines.map(({ engine, aliases, isolation, traits, works }) => [
    engine,
    aliases.join(","),
    isolation,
    traits.loop,
    traits.memory,
    traits.crash,
    works ? { text: "works", paint: paint.good } : { text: "unavailable", paint: paint.bad },
  ]);
  const remedies = engines.flatMap(({ engine, isolation, missing, notes }) =>
    [...missing, ...notes].map((line) => `${engine}, ${isolation}: ${line}\n`)
  );
  return table(head, rows, paint.faint) +
    (remedies.length > 0 ? `\n${remedies.join("")}` : "");
}
