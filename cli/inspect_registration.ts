/** The registration of a GoatKit plugin, as `airlock inspect --describe` shows it. @module */

import type { Row } from "./inspect_wasm.ts";
import type { GkMenuItem, GkRegistration, ModuleDescription } from "../mod.ts";

/** What a plugin registers; nothing where it was not asked, or is no such plugin. */
export function registrationRows({ abi, described }: ModuleDescription): readonly Row[] {
  if (abi !== "gk" || described?.details === undefined) return [];
  const registration = described.details as GkRegistration;
  const { name, version, routes, widgets, jobs, templates, i18n } = registration;
  const languages = new Set([...i18n.languages, ...Object.keys(i18n.translations)]);
  return [
    ["registers", `${name} ${version}`.trim()],
    [
      "routes",
      routes.map(({ method, path, middleware }) =>
        [method, path, ...middleware.length === 0 ? [] : [`(${middleware.join(" ")})`]].join(" ")
      ),
    ],
    ["menu", registration.menu_items.flatMap(itemNames)],
    ["widgets", widgets.map(({ id }) => id)],
    [
      "jobs",
      jobs.map(({ id, schedule, enabled }) => `${id} (${schedule})${enabled ? "" : " disabled"}`),
    ],
    ["templates", templates.map(({ name }) => name)],
    ["languages", [...languages]],
    ["errors", registration.error_codes.map(({ code, http_status }) => `${code} ${http_status}`)],
    ["host", registration.min_host_version],
    ["permissions", registration.permissions],
  ];
}

function itemNames({ id, label, children }: GkMenuItem): readonly string[] {
  return [id === "" ? label : id, ...children.flatMap(itemNames)];
}
