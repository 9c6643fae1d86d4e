/** What a child process runs, bundled into one text: the guest's side of a lane, behind a pipe. @module */

import { openGuestPipe } from "../process/guest_pipe.ts";
import { startLane } from "./lane.ts";
import { confineGlobals } from "./lane_confine.ts";

const pipe = openGuestPipe();
confineGlobals();
// The host kills the whole process: no watchdog is needed in it.
const lane = startLane({ ...pipe, guarded: false });
pipe.onRejection(lane.rejected);
pipe.read(lane.receive);
