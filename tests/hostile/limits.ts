/** What a tier does not stop, and what does instead: said here, and so in the README. @module */

/** One attack that succeeds against one tier. */
export interface Gap {
  /** Of the corpus. */
  readonly item: number;
  readonly tier: string;
  /** What the attack is, and what comes of it. */
  readonly attack: string;
  /** The tier, or the setting, that stops it. */
  readonly instead: string;
}

/** Everything known. Whoever finds another one adds it, or closes it. */
export const GAPS: readonly Gap[] = [
  {
    item: 21,
    tier: "worker",
    attack:
      "one long call of the engine's own (`split`, `JSON.parse`, `indexOf` over 2⁵³ places) runs to its end: the lane is counted and reported as `lane-leaked`",
    instead: "process, QuickJS",
  },
  {
    item: 22,
    tier: "worker",
    attack: "a heap bomb ends the whole host: V8 has no limit for one worker that holds",
    instead: "process, QuickJS, WASM",
  },
  {
    item: 23,
    tier: "worker",
    attack: "buffers count for nobody until the host has no memory",
    instead: "process (where `prlimit` is there), QuickJS, WASM",
  },
  {
    item: 22,
    tier: "worker",
    attack: "a crash of the engine is a crash of the host",
    instead: "process",
  },
  {
    item: 63,
    tier: "worker",
    attack:
      "code that got out of its realm floods its port without an end: the platform hands out what comes before anything else of the host runs",
    instead: "process",
  },
  {
    item: 21,
    tier: "wasm",
    attack:
      "a `WebAssembly.Module` that comes already compiled, or is loaded with `metering: false`, is not counted: its loop holds the host's thread for ever",
    instead: "load the bytes",
  },
  {
    item: 21,
    tier: "wasm worker",
    attack:
      "the same loop holds its own thread: the call ends on time, the thread is counted and reported as `lane-leaked`",
    instead: "load the bytes",
  },
  {
    item: 26,
    tier: "host",
    attack:
      "a WebSocket message in pieces that never ends is kept whole by Deno before the host sees any of it, and connections whose request never ends keep their descriptors",
    instead: "a reverse proxy in front, with limits of its own",
  },
];
