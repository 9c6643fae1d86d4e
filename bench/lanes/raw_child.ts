/** The least a child process can do: asynchronous reads of lines, synchronous writes. @module */

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const buffer = new Uint8Array(64 * 1024);
let rest = "";

for (;;) {
  const size = await Deno.stdin.read(buffer);
  if (size === null) break;
  const lines = (rest + decoder.decode(buffer.subarray(0, size))).split("\n");
  rest = lines.pop() ?? "";
  let out = "";
  for (const line of lines) {
    const { a, b } = JSON.parse(line);
    out += `${JSON.stringify({ sum: a + b })}\n`;
  }
  const bytes = encoder.encode(out);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
