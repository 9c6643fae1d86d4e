/** Program arguments and environment: `args_get`, `environ_get` and their sizes. @module */

import { Fault } from "../errors.ts";
import type { WasiFunctions, WasiHost } from "./contract.ts";
import { ERRNO } from "./errno.ts";

const encoder = new TextEncoder();

/** The arguments and environment functions. */
export function argsFunctions(host: WasiHost): WasiFunctions {
  const args = () => host.args;
  const environ = () => Object.entries(host.env).map(([name, value]) => `${name}=${value}`);
  return {
    args_get: { type: "(i32, i32) -> i32", run: getter(host, args) },
    args_sizes_get: { type: "(i32, i32) -> i32", run: sizes(host, args) },
    environ_get: { type: "(i32, i32) -> i32", run: getter(host, environ) },
    environ_sizes_get: { type: "(i32, i32) -> i32", run: sizes(host, environ) },
  };
}

/** Each text as bytes that end with a NUL, which therefore cannot stand inside it. */
function encode(texts: readonly string[]): readonly Uint8Array[] {
  return texts.map((text) => {
    if (text.includes("\0")) {
      throw new Fault("unsupported", `argument or variable ${JSON.stringify(text)} has a NUL`);
    }
    return encoder.encode(`${text}\0`);
  });
}

/** Writes how many texts there are, and how many bytes they need. */
function sizes({ memory }: WasiHost, texts: () => readonly string[]) {
  return (countOut: number, bytesOut: number): number => {
    const encoded = encode(texts());
    memory.setU32(countOut, encoded.length);
    memory.setU32(bytesOut, encoded.reduce((sum, { length }) => sum + length, 0));
    return ERRNO.SUCCESS;
  };
}

/** Writes the texts one after another, and a list of pointers to them. */
function getter({ memory }: WasiHost, texts: () => readonly string[]) {
  return (pointers: number, buffer: number): number => {
    let slot = pointers >>> 0;
    let at = buffer >>> 0;
    for (const bytes of encode(texts())) {
      memory.setU32(slot, at);
      memory.write(at, bytes);
      slot += 4;
      at += bytes.length;
    }
    return ERRNO.SUCCESS;
  };
}
