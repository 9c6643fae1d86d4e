/** `airlock run` on a Pulp cell: JSON on the command line, MessagePack in the cell. @module */

import type { Extension } from "../mod.ts";
import { CliError } from "./failure.ts";

/** One call that somebody asked for. */
export interface CellCall {
  readonly fn: string;
  readonly payload: Uint8Array | string;
  readonly signal: AbortSignal;
}

/**
 * Initialises a cell with the JSON object that stands as payload, or steps it with the event
 * `{"kind", "payload"}`; `undefined` for any other call, which takes bytes as they are.
 */
export async function callCell(
  extension: Extension,
  { fn, payload, signal }: CellCall,
): Promise<Uint8Array | undefined> {
  if (extension.abi !== "pulp" || payload.length === 0) return undefined;
  const cell = extension.as("pulp");
  if (fn === "init" || fn === "pulp_init") {
    await cell.init(objectOf(payload, 'a configuration such as {"title": "Notes"}'), { signal });
    return new Uint8Array(0);
  }
  if (fn !== "step" && fn !== "pulp_step") return undefined;
  const rule = 'an event such as {"kind": "greeting", "payload": {"to": "you"}}';
  const { kind, payload: content = null } = objectOf(payload, rule);
  if (typeof kind !== "string") throw wrong(rule);
  const handle = await cell.step({ kind, payload: content }, { signal });
  return new TextEncoder().encode(String(handle));
}

function objectOf(
  payload: Uint8Array | string,
  rule: string,
): { readonly [key: string]: unknown } {
  const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw wrong(rule);
}

function wrong(rule: string): CliError {
  return new CliError("usage", `Cannot call the cell as its payload must be the JSON of ${rule}`);
}
