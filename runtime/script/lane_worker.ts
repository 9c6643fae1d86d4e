/** What a worker runs: the guest's side of a lane, behind a port of its own. @module */

import { openGuestPort } from "../worker/guest_port.ts";
import { startLane } from "./lane.ts";
import { confineGlobals } from "./lane_confine.ts";
import { decodeText, encodeText } from "./wire.ts";

openGuestPort<string, string>((port) => {
  confineGlobals();
  const send = port.send;
  const lane = startLane({
    ...port,
    send: (message) => send(encodeText(message)),
    guarded: true,
  });
  port.onRejection(lane.rejected);
  port.onMessage((text) => lane.receive(decodeText(text)));
});
