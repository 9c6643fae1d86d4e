/** `sse.serve`: streams of server-sent events at the host's listener. @module */

import { type Capability, defineCapability } from "../capability.ts";
import { outsidePaths, type PathGrant, pathGrant } from "../path_grant.ts";
import { notPossible, optionalText, pathOf, placeOf, type Serving } from "../serving.ts";

/** Tells subscribers of the paths it registers. */
export const sseServeCapability: Capability<PathGrant, Serving | undefined> = defineCapability<
  PathGrant,
  Serving | undefined
>({
  ...pathGrant,
  name: "sse.serve",
  aliases: ["transport.sse"],
  summary: "send events to subscribers at the host's address",
  operations: {
    /** Takes subscribers at `path`. */
    register: {
      params: ["path"],
      outside: outsidePaths,
      callSync({ path }, { state }) {
        placeOf(state).stream(pathOf(path));
        return undefined;
      },
    },
    /** Tells every subscriber of `path`; how many it reached. */
    emit: {
      params: ["path", "data", "event", "id"],
      callSync({ path, data, event, id }, { state }) {
        if (typeof data !== "string") throw notPossible("Cannot emit as the data must be text");
        return placeOf(state).emit(pathOf(path), {
          data,
          event: optionalText(event, "event"),
          id: optionalText(id, "id"),
        });
      },
    },
  },
  setup({ services: { serving } }) {
    serving?.open("sse");
    return serving;
  },
  teardown: (serving) => serving?.shut("sse"),
});
