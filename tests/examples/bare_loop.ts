/** Drives a module over the base ABI by hand: no host, nothing but WebAssembly. @module */

import { fromFileUrl } from "@std/path";

/** Calls of one instance. */
export interface BareModule {
  /** Bytes of its memory now. */
  readonly memoryBytes: number;
  /** Runs a function over the base ABI; the result is a copy. */
  call(fn: string, payload: Uint8Array): Uint8Array<ArrayBuffer>;
}

type Exported = (...args: number[]) => number | bigint;

/** Instantiates `examples/extensions/<path>` with an `env.abort` and nothing else. */
export async function bareModule(path: string): Promise<BareModule> {
  const url = new URL(`../../examples/extensions/${path}`, import.meta.url);
  const bytes = await Deno.readFile(fromFileUrl(url));
  const { instance } = await WebAssembly.instantiate(bytes, {
    env: {
      abort: (): never => {
        throw new Error("The guest aborted");
      },
    },
  });
  const memory = instance.exports.memory;
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError("The guest exports no memory");
  const exported = (name: string): Exported => {
    const fn = instance.exports[name];
    if (typeof fn !== "function") throw new TypeError(`The guest exports no function "${name}"`);
    return fn as Exported;
  };
  const alloc = exported("__base_alloc");
  const free = exported("__base_free");
  return {
    get memoryBytes() {
      return memory.buffer.byteLength;
    },
    call(fn, payload) {
      const input = Number(alloc(payload.length)) >>> 0;
      new Uint8Array(memory.buffer).set(payload, input);
      const packed = BigInt.asUintN(64, BigInt(exported(fn)(input, payload.length)));
      free(input, payload.length);
      const pointer = Number(packed >> 32n);
      const length = Number(packed & 0xffffffffn);
      const result = new Uint8Array(memory.buffer, pointer, length).slice();
      free(pointer, length);
      return result;
    },
  };
}
