/** What a child process runs, bundled into one text: the guest's side of a lane, behind a pipe. @module */

import { openGuestPipe } from "../process/guest_pipe.ts";
import { startLane } from "./lane.ts";
import { confineGlobals } from "./lane_confine.ts";

/** V8's cache of this program as base64, for the next child; empty where there was one already. */
declare const codeCache: () => string;

const pipe = openGuestPipe();
confineGlobals();
// The host kills the whole process: no watchdog is needed in it.
const lane = startLane({ ...pipe, guarded: false, greeting: codeCache });
pipe.onRejection(lane.rejected);
pipe.read(lane.receive);
