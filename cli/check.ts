/** `airlock check`: finds every issue of an extension before anybody else does. @module */

import {
  type ExtensionDescription,
  type ExtensionHost,
  ManifestError,
  type ModuleIssue,
  shellWord,
} from "../mod.ts";
import type { Command, Invocation } from "./command.ts";
import { EXIT } from "./exit.ts";
import { failureOf } from "./failure.ts";
import { print, printJson } from "./io.ts";
import { issueFile, issueLine } from "./issue.ts";
import { withHost } from "./session.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { checkTypes } from "./type_check.ts";

/** The command. */
export const checkCommand: Command = {
  name: "check",
  operands: ["PATH"],
  summary: "list every issue; exit 0 only if there is none",
  notes: [
    "Manifest, capability names and arguments, module files and exports; the types",
    "of TypeScript; and, when those are clean, whether it starts in its sandbox. That",
    "needs --grant for what it cannot do without; standard error says whether it was",
    "started.",
  ],
  run,
};

/** What came of a trial start. */
interface Trial {
  readonly started: boolean;
  /** Why it was not tried; empty when it was. */
  readonly skipped: string;
  readonly issues: readonly ModuleIssue[];
}

async function run({ operands: [path = ""], values, io }: Invocation): Promise<number> {
  const settings = await settingsOf(values);
  return await withHost(io, settings, async ({ host, signal }) => {
    const options = { ...settings.load, signal };
    const found = await host.inspect(path, options);
    const types = await checkTypes(found, signal);
    const trial = await start(
      host,
      path,
      { ...found, issues: [...found.issues, ...types] },
      options,
    );
    const issues = [...found.issues, ...types, ...trial.issues]
      .map((issue) => ({ ...issue, file: issueFile(found, issue) }));
    const ok = issues.length === 0;
    const { started, skipped } = trial;
    if (values.has("json")) {
      await printJson(io, { ok, source: found.source, issues, started, skipped });
    } else {
      await print(io, issues.map((issue) => `${issueLine(issue, issue.file)}\n`).join(""));
      if (ok) io.err(started ? "clean, and it starts\n" : `clean; not started: ${skipped}\n`);
    }
    return ok ? EXIT.ok : EXIT.invalid;
  });
}

/** Loads it for real, where its operator's grants and this machine allow that. */
async function start(
  host: ExtensionHost,
  path: string,
  { issues, asks, missing }: ExtensionDescription,
  options: Settings["load"],
): Promise<Trial> {
  const not = (skipped: string): Trial => ({ started: false, skipped, issues: [] });
  if (issues.some(({ severity }) => severity === "error")) return not("it has errors");
  if (missing.length > 0) return not(missing.join("; or "));
  const refused = asks.filter(({ decision, optional }) => decision === "refused" && !optional);
  if (refused.length > 0) {
    return not(`add ${refused.map(({ grant }) => `--grant ${shellWord(grant)}`).join(" ")}`);
  }
  try {
    const extension = await host.load(path, options);
    await extension.close();
    return { started: true, skipped: "", issues: [] };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof ManifestError) {
      const own = error.issues.map((issue) => ({ ...issue, file: "" }));
      return { started: false, skipped: "", issues: own };
    }
    const { message, guest } = failureOf(error);
    const said = typeof guest === "string" ? `: ${guest}` : "";
    const issue = { severity: "error", path: "", message: `${message}${said}`, file: "" } as const;
    return { started: false, skipped: "", issues: [issue] };
  }
}
