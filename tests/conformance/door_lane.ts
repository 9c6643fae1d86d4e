/** What workers run for guests of the door convention. @module */

import { startWasmLane } from "../../runtime/wasm/lane/session.ts";
import { DOOR } from "./door_abi.ts";

startWasmLane({ abis: [DOOR] });
