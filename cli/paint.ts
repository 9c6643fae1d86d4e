/** Colour, where somebody looks and did not refuse it. @module */

import type { Io } from "./io.ts";

/** Puts text in a colour, or leaves it. */
export interface Paint {
  bad(text: string): string;
  good(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

/** The colours for one stream of `io`. */
export function paintFor(io: Io, stream: "out" | "err"): Paint {
  const terminal = stream === "out" ? io.outIsTerminal : io.errIsTerminal;
  const on = terminal && !io.noColor;
  const style = (begin: number, end: number) => (text: string) =>
    on && text !== "" ? `\x1b[${begin}m${text}\x1b[${end}m` : text;
  return {
    bad: style(31, 39),
    good: style(32, 39),
    faint: style(2, 22),
    strong: style(1, 22),
  };
}
