/** Durations as Go writes them: `5m`, `1h30m`, `1.5s`. @module */

const UNITS: { readonly [unit: string]: number } = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Longest text that is looked at: nobody writes more, and a stranger's text is never searched for long. */
const LONGEST = 64;

/** The milliseconds of a duration; `undefined` for what is none. `0` and `+`, `-` are as in Go. */
export function durationMs(text: string): number | undefined {
  if (text.length > LONGEST) return undefined;
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/.exec(text) ?? [];
  if (rest === "0") return 0;
  let ms = 0;
  let at = 0;
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
  while (at < rest.length) {
    part.lastIndex = at;
    const found = part.exec(rest);
    if (found === null) return undefined;
    ms += Number(found[1]) * (UNITS[found[2] ?? ""] ?? 0);
    at = part.lastIndex;
  }
  if (at === 0) return undefined;
  return sign === "-" ? -ms : ms;
}
