/** What a worker runs: the guest's side of a lane, behind a port of its own. @module */

import { openGuestPort } from "../worker/guest_port.ts";
import { startLane } from "./lane.ts";
import { confineGlobals } from "./lane_confine.ts";

openGuestPort((port) => {
  confineGlobals();
  const lane = startLane({ ...port, guarded: true });
  port.onRejection(lane.rejected);
  port.onMessage(lane.receive);
});
