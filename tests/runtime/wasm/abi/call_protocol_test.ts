/** Hookr and waPC: the conformance suite, and everything their sections say beyond it. @module */

import { abiSuite } from "../../../conformance/abi_suite.ts";
import { attendedSuite } from "../../../conformance/attended_suite.ts";
import { hostFunctionSuite } from "../../../conformance/host_function_suite.ts";
import { PROBES } from "./call_guests.ts";

for (const probe of PROBES) {
  abiSuite(probe);
  const { namespace, binding } = probe.convention;
  const asking = {
    title: probe.title,
    module: probe.module,
    namespace,
    binding,
    ask: "host",
    askTwice: "pair",
    count: "count",
  };
  hostFunctionSuite(asking);
  attendedSuite(asking);
}
