/** The entry of workers that are hostile lanes; which one, its address says. @module */

import { attack as bundles } from "./bundles.ts";
import { attack as closedFlood } from "./closed_flood.ts";
import { attack as deaf } from "./deaf.ts";
import { attack as errorsFlood } from "./errors_flood.ts";
import { attack as helloAgain } from "./hello_again.ts";
import { attack as hostWords } from "./host_words.ts";
import { attack as huge } from "./huge.ts";
import { attack as logFlood } from "./log_flood.ts";
import { attack as malformed } from "./malformed.ts";
import { attack as operations } from "./operations.ts";
import { attack as operationsFlood } from "./operations_flood.ts";
import { attack as otherCalls } from "./other_calls.ts";
import { attack as otherVersion } from "./other_version.ts";
import { attack as prints } from "./prints.ts";
import { attack as silent } from "./silent.ts";
import { attack as straysFlood } from "./strays_flood.ts";
import { attack as truncated } from "./truncated.ts";
import { runInWorker } from "./lane.ts";

const attacks = {
  bundles,
  closed_flood: closedFlood,
  deaf,
  errors_flood: errorsFlood,
  hello_again: helloAgain,
  host_words: hostWords,
  huge,
  log_flood: logFlood,
  malformed,
  operations,
  operations_flood: operationsFlood,
  other_calls: otherCalls,
  other_version: otherVersion,
  prints,
  silent,
  strays_flood: straysFlood,
  truncated,
};

runInWorker(attacks[new URL(import.meta.url).searchParams.get("attack") as keyof typeof attacks]);
