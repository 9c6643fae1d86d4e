/** `airlock permissions`: the least `deno run` flags of a host of a directory. @module */

import { escapeControls, type HostPermissions, hostPermissions, shellWord } from "../mod.ts";
import type { Command, Invocation } from "./command.ts";
import { EXIT } from "./exit.ts";
import { type Io, print, printJson } from "./io.ts";
import { checkReadable } from "./list.ts";
import { portOf } from "./serve.ts";
import { withHost } from "./session.ts";
import { settingsOf } from "./settings.ts";

/** The command. */
export const permissionsCommand: Command = {
  name: "permissions",
  operands: ["DIR"],
  summary: "the least deno run flags of a host of DIR",
  notes: [
    "One line for the command line of a program that loads DIR and calls all of it;",
    "standard error says what each flag is for. Without --grant every extension is",
    "taken to be granted what it asks for. The program's own needs come on top.",
  ],
  run,
};

async function run({ operands: [directory = ""], values, io }: Invocation): Promise<number> {
  const settings = await settingsOf(values);
  await checkReadable(directory, "look into");
  const storageRoot = values.text("storage-root");
  const [hostname, port] = [values.text("hostname"), values.text("port")];
  const { grants, ...load } = settings.load;
  return await withHost(io, { host: {} }, async ({ host, signal }) => {
    const found = await hostPermissions(host, directory, {
      load: { ...load, signal, ...values.has("grant") && grants !== undefined ? { grants } : {} },
      ...storageRoot === undefined ? {} : { storageRoot },
      ...hostname === undefined ? {} : { hostname },
      ...port === undefined ? {} : { port: portOf(port) },
    });
    if (values.has("json")) await printJson(io, { ok: true, directory, ...found });
    else await printText(io, found);
    return EXIT.ok;
  });
}

async function printText(io: Io, { flags, reasons, notes }: HostPermissions): Promise<void> {
  await print(io, `${flags.map(shellWord).join(" ")}\n`);
  const lines = [
    ...reasons.map(({ flag, reason }) => `${flag}  ${reason}`),
    ...notes.map((note) => `note: ${note}`),
  ];
  for (const line of lines) io.err(`${escapeControls(line)}\n`);
}
