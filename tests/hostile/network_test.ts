/** Attacks through the network: redirects, names, addresses, headers, bodies. @module */

import { attackersIn, withstandAll } from "./powers_arena.ts";

withstandAll(await attackersIn("network"));
