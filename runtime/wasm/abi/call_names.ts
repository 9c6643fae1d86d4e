/** What Hookr and waPC call the parts of their one protocol. @module */

import type { CallProtocol } from "./call_protocol.ts";

/**
 * Hookr 1.x. Its host also goes on after a start function that traps; here a guest that cannot start
 * does not load.
 */
export const HOOKR: CallProtocol = {
  name: "hookr",
  title: "Hookr",
  call: "__plugin_call",
  imports: {
    request: "__plugin_request",
    response: "__plugin_response",
    error: "__plugin_error",
    log: "__log",
  },
  namespaces: false,
  starts: ["_start", "_initialize", "hookr_init"],
  startMayExit: false,
};

/** waPC. */
export const WAPC: CallProtocol = {
  name: "wapc",
  title: "waPC",
  call: "__guest_call",
  imports: {
    request: "__guest_request",
    response: "__guest_response",
    error: "__guest_error",
    log: "__console_log",
  },
  namespaces: true,
  starts: ["_start", "_initialize", "wapc_init"],
  startMayExit: true,
};
