/** Which driver drives the extensions of which guest convention: one line each. @module */

import type { Extension } from "../extension.ts";
import type { Driver } from "./driver.ts";
import { gkDriver } from "./gk.ts";
import { handlerDriver } from "./handler.ts";
import { pulpDriver } from "./pulp.ts";

/** Drivers by guest convention. */
export type DriverTable = { readonly [abi: string]: Driver };

/** The built-in ones. Everything else is driven by its handlers. */
export const DRIVERS: DriverTable = Object.freeze<DriverTable>({
  gk: gkDriver,
  pulp: pulpDriver,
});

/** What drives `extension`. */
export function driverOf(drivers: DriverTable, { abi }: Pick<Extension, "abi">): Driver {
  return (abi !== undefined && Object.hasOwn(drivers, abi) ? drivers[abi] : undefined) ??
    handlerDriver;
}
