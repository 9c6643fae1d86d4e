/** The few bytes that a child is started with: they read the real program. @module */

/**
 * Reads u32 length and a program from standard input and imports it. An argument may not be
 * longer than some 90 KB, and a child without network cannot load this package's own modules.
 */
const LOADER = `
const read = (size) => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size;) {
    const n = Deno.stdin.readSync(bytes.subarray(at));
    if (n === null) Deno.exit(3);
    at += n;
  }
  return bytes;
};
const size = new DataView(read(4).buffer).getUint32(0);
const blob = new Blob([read(size)], { type: "text/javascript" });
await import(URL.createObjectURL(blob));
`;

/** The loader as a module specifier. */
export const LOADER_URL: string = `data:text/javascript,${encodeURIComponent(LOADER)}`;

/** What {@linkcode LOADER_URL} reads before anything else. */
export function programFrame(program: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(program);
  const frame = new Uint8Array(4 + bytes.length);
  new DataView(frame.buffer).setUint32(0, bytes.length);
  frame.set(bytes, 4);
  return frame;
}
