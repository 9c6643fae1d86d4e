/** The text that is evaluated first in every JavaScript realm, in V8 and in QuickJS. @module */

import { makeClone } from "./prelude/clone.ts";
import { makeCommonJs } from "./prelude/commonjs.ts";
import { makeDecoder } from "./prelude/decoder.ts";
import { makeDescribe } from "./prelude/describe.ts";
import { makeEncoding } from "./prelude/encoding.ts";
import { makeEntry } from "./prelude/entry.ts";
import { makeGlobals } from "./prelude/globals.ts";
import { harden } from "./prelude/harden.ts";
import { makeKit } from "./prelude/kit.ts";
import { makeLookup } from "./prelude/lookup.ts";
import { makeReplaced } from "./prelude/replaced.ts";
import { makeSurface } from "./prelude/surface.ts";
import { makeTimers } from "./prelude/timers.ts";
import { makeUrl } from "./prelude/url.ts";

export type { Ask, Enter, Post } from "./prelude/entry.ts";

/** Name of the prelude in stacks; frames of it are never shown to guests. */
export const PRELUDE_NAME = "airlock:prelude";

/**
 * One expression. Its value is a function `(post, ask) => enter` of the realm it is evaluated in;
 * call it once, before any guest code.
 *
 * `post` and `ask` are functions of the host. They take and return primitives only, must not throw,
 * and stay in the prelude's closure, where guest code never sees them. Everything else that crosses
 * is text, or a value of the realm that the host passes back without looking at it.
 *
 * | `post(kind, id, other, head, body)` | says |
 * | --- | --- |
 * | `result`, call, 0, "", JSON | the call's result; empty text for none |
 * | `error`, call, operation, code, text | the call failed (call 0: the load); `operation` is the refused one behind it, or 0; codes are those of faults |
 * | `host`, operation, call, name, JSON | asks for an operation that answers later with `enter("reply", …)` |
 * | `timer`, timer, ms, "", "" | asks for `enter("timer", timer)` after `ms` |
 * | `untimer`, timer, 0, "", "" | no longer |
 * | `ready` | the entry file was evaluated |
 *
 * | `ask(what, head, body)` | answers `=` and a value, or `!` and a refusal |
 * | --- | --- |
 * | `call`, name, JSON arguments | a synchronous operation; refusals are JSON `{code, capability, message, id?}`, and `id` comes back as the `operation` of an `error` |
 * | `url` / `url-set` | see `answerUrl` |
 * | `require`, path, specifier | key of the file, or a message |
 *
 * | `enter(kind, id, a, b)` | does |
 * | --- | --- |
 * | `dialect`, 0, "null" or "undefined", "clock random" | what an empty payload means, and whether nothing is returned as `null` or as empty text; which of clock and random the operator replaced |
 * | `surface`, 0, JSON operations, JSON config | builds `airlock`; must come before guest code |
 * | `define`, 0, key, function / `json`, 0, key, text | a CommonJS wrapper `(exports, require, module, __filename, __dirname)`, or a data file |
 * | `script`, `commonjs` (key), `namespace` (module namespace) | what calls look their functions up in |
 * | `threw`, call, value | the host caught a guest's value: it becomes an `error` |
 * | `rejected`, 0, value | a promise was rejected and nobody looked: it is logged |
 * | `call`, call, function, payload JSON | a call |
 * | `each`, call, function, JSON list | one call for every entry; the result is the list of theirs |
 * | `reply`, operation, true or false, JSON | answer or refusal of an operation |
 * | `timer`, timer | fires a timer |
 * | `abort`, call | drops the call's timers and operations |
 *
 * Values of operations are JSON in which bytes are `{"$bytes": base64}`; see `host_value.ts`.
 */
export const PRELUDE: string = `(function (post, ask) {
"use strict";
const kit = (${makeKit})();
(${harden})(kit);
return (${makeEntry})(kit, {
  makeClone: ${makeClone},
  makeCommonJs: ${makeCommonJs},
  makeDecoder: ${makeDecoder},
  makeDescribe: ${makeDescribe},
  makeEncoding: ${makeEncoding},
  makeGlobals: ${makeGlobals},
  makeLookup: ${makeLookup},
  makeReplaced: ${makeReplaced},
  makeSurface: ${makeSurface},
  makeTimers: ${makeTimers},
  makeUrl: ${makeUrl},
}, post, ask);
})`;
