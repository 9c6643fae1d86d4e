/** Cuts what a child prints into lines, and stops listening when it prints too much. @module */

/** Longest line that is passed on whole. */
const LINE_LIMIT = 1_024;

/** Lines of one child that are passed on: a flood must not fill the host's log. */
const LINES_LIMIT = 100;

/** Bytes of one child that are looked at: a line without an end is a flood, too. */
const BYTES_LIMIT = 1024 * 1024;

/** Gives `take` the first lines of `stream`, then lets go of it: nobody reads what follows. */
export async function readLines(
  stream: ReadableStream<Uint8Array>,
  take: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  let lines = 0;
  let bytes = 0;
  const pass = (line: string) => {
    if (++lines <= LINES_LIMIT && line !== "") take(line.slice(0, LINE_LIMIT));
  };
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (lines > LINES_LIMIT || bytes > BYTES_LIMIT) return;
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = (parts.pop() ?? "").slice(0, LINE_LIMIT);
    for (const line of parts) pass(line);
  }
  pass(rest);
}
