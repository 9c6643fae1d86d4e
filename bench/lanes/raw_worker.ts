/** The least a worker can do: it parses, adds, answers on a port of its own; under a watchdog if asked. @module */

import { makeGuard } from "../../runtime/script/guard.ts";

/** Milliseconds the watchdog gives. */
const WATCHED_MS = 1_000;

interface Scope {
  onmessage: (event: MessageEvent<MessagePort>) => void;
}

(globalThis as unknown as Scope).onmessage = ({ data: port }) => {
  const guard = makeGuard();
  port.onmessage = ({ data }: MessageEvent<string | readonly string[]>) => {
    if (typeof data !== "string") return port.postMessage(data.map(answer));
    if (!data.startsWith("guarded ")) return port.postMessage(answer(data));
    let text = "";
    guard(() => {
      text = answer(data.slice("guarded ".length));
    }, WATCHED_MS);
    port.postMessage(text);
  };
  port.postMessage("ready");
};

function answer(text: string): string {
  const { a, b } = JSON.parse(text);
  return JSON.stringify({ sum: a + b });
}
