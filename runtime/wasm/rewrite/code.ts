/** Meters a code section: every body is scanned, then written with its checks. @module */

import type { AppendedTypes, Appendix } from "./appendix.ts";
import { writeFunctions } from "./appendix.ts";
import type { BulkHelpers } from "./bulk.ts";
import type { Signature } from "./declarations.ts";
import { type Body, emitBody, emitLocalBody, OP } from "./emit.ts";
import { isValueType } from "./opcodes.ts";
import type { Outline } from "./outline.ts";
import { type Reader, refused } from "./reader.ts";
import { Scanner } from "./scan.ts";
import { Writer } from "./writer.ts";

/** What metering code needs beside the code. */
export interface CodeContext {
  readonly outline: Outline;
  readonly appendix: Appendix;
  readonly helpers: BulkHelpers;
  readonly types: AppendedTypes;
}

/** Its arrays are used again for each body. */
const scanner = new Scanner();

/** A metered code section, without the count of its bodies. */
export interface MeteredCode {
  readonly bodies: Writer;
  /** The content of a custom section that tells the engine which branches are unlikely. */
  readonly hints: Writer;
}

/** Name of the section with the hints; it stands before the code. */
const HINTS_NAME = new TextEncoder().encode("metadata.code.branch_hint");
const UNLIKELY = 0;

/** Writes the bodies of a module with their checks, and all appended ones. */
export function meterCode(code: Reader | undefined, context: CodeContext): MeteredCode {
  const { outline, appendix, helpers, types } = context;
  const count = code === undefined ? 0 : code.count();
  if (count !== outline.functions.length) throw refused("its functions and bodies do not match");
  const bodies = new Writer(code === undefined ? 256 : (code.end - code.at) * 2);
  const body = new Writer(4096);
  const hinted = new Writer();
  let hintedBodies = 0;
  const hints: number[] = [];
  const { plan } = scanner;
  for (let at = 0; at < count && code !== undefined; at++) {
    const signature = outline.types[outline.functions[at] ?? -1];
    if (signature === undefined) throw refused("a function has no type");
    const part = readBody(code.part(code.u32()), signature);
    scanner.scan(part.bytes, part.code, part.end, helpers);
    body.clear();
    hints.length = 0;
    if (plan.tightLoops > 0 && plan.tries === 0) {
      emitLocalBody(body, part, plan, appendix, blockTypeOf(signature, types), hints);
    } else {
      emitBody(body, part, plan, appendix, hints);
    }
    bodies.sized(body);
    if (hints.length === 0) continue;
    hintedBodies++;
    hinted.u32(outline.imports.functions.length + at);
    hinted.u32(hints.length);
    for (const place of hints) {
      hinted.u32(place);
      hinted.bytes(1, UNLIKELY);
    }
  }
  code?.finish("its code section");
  writeFunctions(bodies, appendix);
  helpers.emit(bodies, appendix.charge);
  const section = new Writer(hinted.length + 64);
  section.u32(HINTS_NAME.length);
  section.put(HINTS_NAME);
  section.u32(hintedBodies);
  section.put(hinted.written);
  return { bodies, hints: section };
}

/** Reads the local declarations of a body. */
function readBody(part: Reader, { params }: Signature): Body {
  const start = part.at;
  const groups = part.count();
  const groupsAt = part.at;
  let locals = params.length;
  for (let left = groups; left > 0; left--) {
    locals += part.u32();
    if (!isValueType(part.byte())) throw refused("it uses typed references", part.at - 1);
  }
  return { bytes: part.bytes, start, code: part.at, end: part.end, locals, groups, groupsAt };
}

/** The type of a block that gives what a function gives. */
function blockTypeOf({ results }: Signature, types: AppendedTypes): readonly number[] {
  const [first] = results;
  if (first === undefined) return [OP.empty];
  if (results.length === 1) return [first];
  const out = new Writer(8);
  out.s32(types.indexOf([], results));
  return [...out.written];
}
