/** Asks for operations that were not granted, in the name of every call there might be. @module */

import type { HostileLane } from "./lane.ts";

/** How a call of it may end. */
export const ends: readonly string[] = ["value"];

/** Self-contained. Gives how many of its requests were granted. */
export function attack(lane: HostileLane): void {
  const names = [
    "fs.read",
    "run.start",
    "env.get",
    "kv.get",
    "net.fetch",
    "extensions.call",
    "",
    ".",
    "__proto__",
    "constructor.name",
  ];
  let granted = 0;
  let waiting = 0;
  let call = 0;
  lane.onMessage((said) => {
    if (said.type === "call") {
      call = said.id;
      waiting = names.length * 3;
      let id = said.id * 1_000;
      for (const operation of names) {
        for (const owner of [said.id, 0, 77]) {
          const args = '{"path":"/etc/passwd","name":"HOME","key":"k","url":"http://127.0.0.1/"}';
          lane.send("host", ++id, { call: owner, operation }, args);
        }
      }
      return;
    }
    if (said.type === "reply") {
      if (said.head.ok === true) granted++;
      if (--waiting === 0) {
        lane.send("result", call, undefined, JSON.stringify(granted === 0 ? "refused" : granted));
      }
      return;
    }
    lane.honest(said);
  });
  lane.send("hello", 0, { version: "airlock-lane/2" });
}
