/** The few bytes that a child is started with: they read the real program. @module */

/**
 * Reads the program, and V8's cache of it if there is one, from standard input and runs it. An
 * argument may not be longer than some 90 KB, and a child without network cannot load this
 * package's own modules. `import` of the same text takes three times as long.
 */
const LOADER = `
import vm from "node:vm";
const { stdin, exit } = Deno;
const read = (size) => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const n = stdin.readSync(bytes.subarray(at));
    if (n === null) exit(3);
    at += n;
  }
  return bytes;
};
const part = () => read(new DataView(read(4).buffer).getUint32(0));
const program = new TextDecoder().decode(part());
const cachedData = part();
const script = new vm.Script(program, {
  filename: "airlock:lane",
  ...(cachedData.length > 0 ? { cachedData } : {}),
});
const cache = cachedData.length > 0 ? () => "" : () => new Uint8Array(script.createCachedData()).toBase64();
script.runInThisContext()(vm, cache);
`;

/** The loader as a module specifier. */
export const LOADER_URL: string = `data:text/javascript,${encodeURIComponent(LOADER)}`;

/** What {@linkcode LOADER_URL} reads before anything else. */
export function programFrame(program: string, cache: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(program);
  const frame = new Uint8Array(4 + bytes.length + 4 + cache.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, bytes.length);
  frame.set(bytes, 4);
  view.setUint32(4 + bytes.length, cache.length);
  frame.set(cache, 8 + bytes.length);
  return frame;
}
