/** What a worker runs for guests of the built-in conventions. @module */

import { startWasmLane } from "./lane_session.ts";

startWasmLane();
