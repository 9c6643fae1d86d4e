/** `http_fetch`: what Pulp cells import to make HTTP requests. @module */

import type { HostValue } from "../../../capabilities/capability.ts";
import type { HostFunction } from "./contract.ts";
import { answeredHeaders, sendableHeaders } from "./header_names.ts";
import { Code, type HandingCodes, type PulpDoor } from "./pulp_door.ts";
import { packMsgpack } from "./pulp_msgpack.ts";

const FETCH = "net.fetch";
const FAILED = 4;
const NOT_ENCODED = 5;
const HANDING: HandingCodes = { absent: 6, failed: 7, unwritable: 8 };

/** The function; where the net is not granted it answers at once. */
export function netImports(door: PulpDoor): { readonly [name: string]: HostFunction } {
  return {
    http_fetch: door.later(
      "(i32, i32, i32, i32) -> i32",
      FETCH,
      async (signal, ptr = 0, len = 0, ptrOut = 0, lenOut = 0) => {
        const fields = door.message(ptr, len);
        const body = fields.body("body");
        const args = {
          url: fields.text("url"),
          init: {
            method: fields.text("method") || "GET",
            headers: sendableHeaders(Object.fromEntries(fields.pairs("headers"))),
            ...body.length > 0 ? { body } : {},
          },
        };
        const answer = await door.askLater(FETCH, args, { failed: FAILED, signal });
        const bytes = packMsgpack(answerOf(answer));
        if (!door.fits(bytes)) throw new Code(NOT_ENCODED);
        door.hand(bytes, ptrOut, lenOut, HANDING);
      },
    ),
  };
}

/** The same form as an answer to a request of the cell's own, so that one type does for both. */
function answerOf(response: HostValue) {
  const answer = response as { readonly [key: string]: HostValue };
  const { status, body } = answer;
  return {
    id: 0,
    status: typeof status === "number" ? status : 0,
    headers: answeredHeaders(answer),
    body: body instanceof Uint8Array ? body : new Uint8Array(0),
  };
}
