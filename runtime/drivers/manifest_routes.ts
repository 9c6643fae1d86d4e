/** Routes that a manifest declares, registered in the extension's name. @module */

import { CapabilityError, OperationError } from "../../capabilities/errors.ts";
import type { OperationArgs } from "../../capabilities/capability.ts";
import type { RouteDeclaration } from "../../manifest/manifest.ts";
import type { DriverContext } from "./driver.ts";

/** Registers them all; one that is not granted is left out, and said. */
export function registerRoutes({ extension, host, log }: DriverContext): void {
  for (const route of extension.manifest.routes) {
    const [operation, args] = registrationOf(route);
    try {
      host.callSync(operation, args);
    } catch (error) {
      if (!(error instanceof CapabilityError || error instanceof OperationError)) throw error;
      log("warn", `${route.path} is not served: ${error.message}`);
    }
  }
}

function registrationOf(route: RouteDeclaration): readonly [string, OperationArgs] {
  const { protocol, method, path, handler } = route;
  if (protocol === "ws") return ["ws.serve.register", { path, handler }];
  if (protocol === "sse") return ["sse.serve.register", { path }];
  return ["http.serve.register", { method, path, handler }];
}
