/** Help, made of the tables of commands and options; every page fits 24 lines of 80 columns. @module */

import { VERSION } from "../mod.ts";
import type { Command } from "./command.ts";
import { EXIT, EXIT_MEANING } from "./exit.ts";
import { OPTIONS, type OptionSpec } from "./options.ts";

/** Options that every command has. */
const EVERYWHERE = OPTIONS.filter(({ name }) => name === "json" || name === "help");

/** The first page. */
export function mainHelp(commands: readonly Command[]): string {
  const usages = commands.map((command) => [usageOf(command), command.summary] as const);
  return `airlock ${VERSION}: runs other people's code with exactly the powers you grant

Commands
${columns(usages, 33)}
Options of a command: airlock COMMAND --help
${columns([...EVERYWHERE.map(optionRow), ["      --version", "version of airlock"]], 33)}
Exit codes
${exitCodes()}`;
}

/** The page of one command. */
export function commandHelp(command: Command): string {
  const options = OPTIONS.filter(({ commands }) => commands.includes(command.name));
  return `airlock ${usageOf(command)}: ${command.summary}

${command.notes.map((line) => `${line}\n`).join("")}
Options
${columns(options.map(optionRow), 29)}`;
}

function usageOf({ name, operands }: Command): string {
  return [name, ...operands].join(" ");
}

function optionRow({ name, short, value, summary }: OptionSpec): readonly [string, string] {
  const letter = short === undefined ? "    " : `-${short}, `;
  return [`  ${letter}--${name}${value === undefined ? "" : ` ${value}`}`, summary];
}

/** Two columns; a left side that is too long gets a line of its own. */
function columns(rows: readonly (readonly [string, string])[], width: number): string {
  return rows.map(([left, right]) => {
    const head = left.startsWith(" ") ? left : `  ${left}`;
    return head.length < width
      ? `${head.padEnd(width)}${right}\n`
      : `${head}\n${" ".repeat(width)}${right}\n`;
  }).join("");
}

/** Two exit codes a line. */
function exitCodes(): string {
  const cells = Object.entries(EXIT_MEANING).map(([name, meaning]) =>
    `${EXIT[name as keyof typeof EXIT]} ${meaning}`
  );
  const half = Math.ceil(cells.length / 2);
  return cells.slice(0, half)
    .map((cell, at) => `  ${cell.padEnd(35)}${cells[at + half] ?? ""}`.trimEnd() + "\n").join("");
}
