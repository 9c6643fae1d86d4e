/** The engine's WebAssembly, rewritten so that its host can stop it anywhere, built-ins included. @module */

import variant from "@jitl/quickjs-singlefile-mjs-release-sync";
import { Fault } from "../errors.ts";
import { type MeterExports, rewrite } from "../wasm/rewrite/rewrite.ts";

/** What every interpreter is an instance of. */
export interface Engine {
  readonly module: WebAssembly.Module;
  /** Through which an instance is counted. */
  readonly meter: MeterExports;
  /** What an instance begins with, once it is counted. */
  readonly start: string | undefined;
}

/** Most that the engine's build can address; what one interpreter may have is its own memory's maximum. */
const MEMORY_PAGES = 32_768;

/** The engine's own tables, which do not grow. */
const TABLE_ENTRIES = 100_000;

/** How the engine's loader begins the text that holds its module: the magic number. */
const LITERAL = /(["'`])\\(?:0|x00)asm/;

/** What a backslash and a letter stand for. */
const ESCAPES: { readonly [letter: string]: number } = {
  "0": 0,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
};

const BACKSLASH = 0x5c;
const LETTER_X = 0x78;

let made: Promise<Engine> | undefined;

/**
 * The engine, made once in a process. A single built-in (`"a".repeat(1e7).indexOf(…)`) never asks an
 * interrupt handler, and a watchdog of V8's costs eight times what a small call does; so the engine
 * counts what it does, as WebAssembly guests do.
 *
 * @throws {Fault} `unavailable` when this build of the package is not the one that is known.
 */
export function quickjsEngine(): Promise<Engine> {
  return made ??= makeEngine();
}

async function makeEngine(): Promise<Engine> {
  const loader = await variant.importModuleLoader();
  const { bytes, added } = rewrite(moduleIn(Function.prototype.toString.call(loader)), {
    memoryPages: MEMORY_PAGES,
    tableEntries: TABLE_ENTRIES,
    metering: true,
  });
  const module = await WebAssembly.compile(bytes);
  if (!added.meter) throw unknownBuild();
  return Object.freeze({ module, meter: added.meter, start: added.start });
}

/**
 * The module in the text of its loader, which gives it to nobody: there it is a literal with one
 * character a byte.
 */
function moduleIn(source: string): Uint8Array<ArrayBuffer> {
  const found = LITERAL.exec(source);
  if (!found) throw unknownBuild();
  const quote = found[1]?.charCodeAt(0);
  const bytes = new Uint8Array(source.length);
  let size = 0;
  for (let at = found.index + 1; at < source.length; at++) {
    let code = source.charCodeAt(at);
    if (code === quote) return bytes.slice(0, size);
    if (code === BACKSLASH) {
      code = source.charCodeAt(++at);
      if (code === LETTER_X) {
        code = Number.parseInt(source.slice(at + 1, at + 3), 16);
        at += 2;
      } else code = ESCAPES[source.charAt(at)] ?? code;
    }
    // Bytes of 0 may be written as U+0100, which text tools leave alone.
    bytes[size++] = code;
  }
  throw unknownBuild();
}

function unknownBuild(): Fault {
  return new Fault("unavailable", "this build of its engine cannot be limited");
}
