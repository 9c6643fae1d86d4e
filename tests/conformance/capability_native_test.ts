/** Capabilities asked for by functions of the host program itself. @module */

import {
  type Airlock,
  type AirlockNode,
  CapabilityError,
  json,
  type NativeContext,
  NativeRegistry,
} from "../../mod.ts";
import type { GuestAnswer, GuestRequest } from "./capability_rows.ts";
import { ASK, capabilitySuite } from "./capability_suite.ts";
import { NAME } from "./capability_world.ts";

const text = (value: unknown) =>
  value instanceof Uint8Array ? new TextDecoder().decode(value) : value;

function operationIn(airlock: Airlock, name: string): AirlockNode | undefined {
  const [first = "", ...rest] = name.split(".");
  return rest.reduce<AirlockNode | undefined>((node, part) => node?.[part], airlock[first]);
}

async function ask(
  { operation: name, args, times = 1 }: GuestRequest,
  { airlock }: NativeContext,
): Promise<GuestAnswer> {
  const run = operationIn(airlock, name);
  let answer: GuestAnswer = { code: "absent", capability: "" };
  for (let i = 0; run && i < times; i++) answer = await attempt(() => run(...args));
  return answer;
}

async function attempt(run: () => unknown): Promise<GuestAnswer> {
  try {
    const value = await run();
    const { body } = Object(value);
    return {
      code: "ok",
      capability: "",
      value: body ? { ...Object(value), body: text(body) } : text(value),
    };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const capability = error instanceof CapabilityError ? error.capability : "";
    return { code: String(error.code), capability };
  }
}

capabilitySuite({
  title: "native",
  manifest: { runtime: "native", exports: [ASK] },
  native: new NativeRegistry().register(`${NAME}:${ASK}`, ask, { codec: json }),
});
