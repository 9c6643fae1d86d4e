/** `ws.serve`: WebSocket connections at the host's listener. @module */

import { type Capability, defineCapability, type HostValue } from "../capability.ts";
import { excerpt } from "../escape.ts";
import { outsidePaths, type PathGrant, pathGrant } from "../path_grant.ts";
import { handlerOf, idOf, notPossible, type Opcode, optionalText, pathOf } from "../serving.ts";
import { placeOf, type Serving } from "../serving.ts";

/** The close code of a connection that ended as it should. */
const NORMAL = 1_000;
const TEXT: Opcode = 1;
const BINARY: Opcode = 2;
/** What a record says of an argument at most. */
const EXCERPT = 128;

const encoder = new TextEncoder();

function frameOf(payload: HostValue, opcode: HostValue): readonly [Opcode, Uint8Array] {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
  if (!(bytes instanceof Uint8Array)) {
    throw notPossible("Cannot send the frame as its payload must be text or bytes");
  }
  if (opcode === TEXT || opcode === BINARY) return [opcode, bytes];
  if (opcode === undefined || opcode === null) {
    return [typeof payload === "string" ? TEXT : BINARY, bytes];
  }
  throw notPossible("Cannot send the frame as its opcode must be 1, text, or 2, bytes");
}

function codeOf(code: HostValue): number {
  if (code === undefined || code === null || code === 0) return NORMAL;
  if (typeof code === "number" && Number.isInteger(code)) return code;
  throw notPossible("Cannot close the connection as its code must be a whole number");
}

/** Takes connections at the paths it registers, sends to them and closes them by their number. */
export const wsServeCapability: Capability<PathGrant, Serving | undefined> = defineCapability<
  PathGrant,
  Serving | undefined
>({
  ...pathGrant,
  name: "ws.serve",
  aliases: ["transport.ws.inbound"],
  summary: "hold WebSocket connections at the host's address",
  operations: {
    /** Takes connections at `path`. */
    register: {
      params: ["path", "handler"],
      outside: outsidePaths,
      callSync({ path, handler }, { state }) {
        placeOf(state).socket(pathOf(path), handlerOf(handler));
        return undefined;
      },
    },
    /** Sends text or bytes; `opcode` 1 or 2 says which where it is not to be told from the payload. */
    send: {
      params: ["connId", "payload", "opcode"],
      summarize: ({ connId }) => excerpt(String(connId), EXCERPT),
      callSync({ connId, payload, opcode }, { state }) {
        const [kind, bytes] = frameOf(payload, opcode);
        placeOf(state).send(idOf(connId, "connection"), kind, bytes);
        return undefined;
      },
    },
    /** Closes a connection; code 0 or none is 1000. */
    close: {
      params: ["connId", "code", "reason"],
      summarize: ({ connId }) => excerpt(String(connId), EXCERPT),
      callSync({ connId, code, reason }, { state }) {
        const why = optionalText(reason, "reason");
        placeOf(state).closeSocket(idOf(connId, "connection"), codeOf(code), why);
        return undefined;
      },
    },
  },
  setup({ services: { serving } }) {
    serving?.open("ws");
    return serving;
  },
  teardown: (serving) => serving?.shut("ws"),
});
