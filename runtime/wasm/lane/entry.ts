/** What a worker runs for guests of the built-in conventions. @module */

import { startWasmLane } from "./session.ts";

startWasmLane();
