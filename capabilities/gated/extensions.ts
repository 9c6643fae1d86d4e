/** `extensions`: calling functions of other extensions of the same host. @module */

import type { Json, JsonObject } from "../../manifest/manifest.ts";
import { ArgumentReader, commonOf, EVERYTHING } from "../arguments.ts";
import {
  type Capability,
  defineCapability,
  type HostValue,
  type OperationArgs,
} from "../capability.ts";
import { CapabilityError, OperationError } from "../errors.ts";
import { excerpt } from "../escape.ts";
import type { Peers } from "../services.ts";

/** Which functions of which extensions; `undefined` = all. */
interface ExtensionsGrant {
  readonly names: ReadonlySet<string> | undefined;
  readonly functions: ReadonlySet<string> | undefined;
}

/** Longest name of an extension or a function: both become part of messages and records. */
const NAME_LIMIT = 256;

function checkName(name: string): string | undefined {
  if (name !== "" && name.length <= NAME_LIMIT && !/[\p{C}]/u.test(name)) return undefined;
  return `must be a name, or "${EVERYTHING}"`;
}

function nameOf(value: HostValue, what: string): string {
  if (typeof value === "string" && value !== EVERYTHING && checkName(value) === undefined) {
    return value;
  }
  throw new TypeError(`Cannot call an extension as its ${what} must be a name`);
}

function payloadOf(value: HostValue): Uint8Array | string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  throw new TypeError("Cannot call an extension as the payload must be bytes or text");
}

function listOf(args: JsonObject, name: string): readonly string[] | undefined {
  return args[name] as readonly string[] | undefined;
}

function setOf(names: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return names === undefined || names.includes(EVERYTHING) ? undefined : new Set(names);
}

/** Calls the granted functions; the callee acts with its own grants, not with those of its caller. */
export const extensionsCapability: Capability<ExtensionsGrant, Peers | undefined> =
  defineCapability<ExtensionsGrant, Peers | undefined>({
    name: "extensions",
    summary: "call other extensions, which act with grants of their own",
    listArgument: "names",
    needsArguments: true,
    parse(args) {
      const reader = new ArgumentReader(args);
      return reader.result<ExtensionsGrant>({
        names: setOf(reader.strings("names", checkName)),
        functions: setOf(reader.strings("functions", checkName)),
      });
    },
    intersect(asked, granted) {
      const names = commonOf(listOf(asked, "names"), listOf(granted, "names"));
      const functions = commonOf(listOf(asked, "functions"), listOf(granted, "functions"));
      if (names?.length === 0 || functions?.length === 0) return undefined;
      return {
        ...names && { names: names as readonly Json[] },
        ...functions && { functions: functions as readonly Json[] },
      };
    },
    operations: {
      /** Calls `fn` of extension `name` with bytes or text, and answers its bytes. */
      call: {
        params: ["name", "fn", "payload"],
        outside({ name, fn }, { names, functions }) {
          const [wanted, called] = [nameOf(name, "name"), nameOf(fn, "function")];
          if ((!names || names.has(wanted)) && (!functions || functions.has(called))) {
            return undefined;
          }
          return { names: [wanted], ...functions ? { functions: [called] } : {} };
        },
        summarize: ({ name, fn }: OperationArgs) =>
          [name, fn].map((part) => typeof part === "string" ? excerpt(part, NAME_LIMIT) : "?")
            .join("."),
        async call({ name, fn, payload }, { state, extension, chain, deadline, signal, onEvent }) {
          const caller = extension.name;
          if (!state) {
            throw new OperationError(
              "unavailable",
              `Cannot call an extension for extension "${caller}" as it has no host`,
            );
          }
          // work that outlives its call would have no chain, and with it no end
          if (chain.length === 0) {
            throw new CapabilityError("denied", {
              extension: caller,
              capability: "extensions",
              grant: "",
            }, {
              reason:
                `Cannot call an extension for extension "${caller}" outside of a call of its own`,
            });
          }
          const target = nameOf(name, "name");
          return await state.call(target, nameOf(fn, "function"), payloadOf(payload), {
            caller,
            chain: chain.includes(caller) ? chain : [...chain, caller],
            deadline: deadline ?? Infinity,
            signal,
            onEvent,
          });
        },
      },
    },
    setup: ({ services }) => services.peers,
  });
