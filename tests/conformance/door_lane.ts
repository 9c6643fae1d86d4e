/** What workers run for guests of the door convention. @module */

import { startWasmLane } from "@airlock/host";
import { DOOR } from "./door_abi.ts";

startWasmLane({ abis: [DOOR] });
