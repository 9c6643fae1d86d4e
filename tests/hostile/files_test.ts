/** Attacks through files, keys, SQL and programs. @module */

import { attackersIn, withstandAll } from "./powers_arena.ts";

withstandAll(await attackersIn("files"));
