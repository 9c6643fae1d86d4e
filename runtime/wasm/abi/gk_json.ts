/** What GoatKit plugins say of themselves, made into typed data by the one function that narrows it. @module */

import { Fault } from "../../errors.ts";
import type { Json } from "./contract.ts";
import { durationMs } from "./gk_duration.ts";
import { type Fields, type GkIssue, GkReader, isFields, own } from "./gk_reader.ts";

export { durationMs };
export type { GkIssue };

/** One HTTP route of a plugin. */
export interface GkRoute {
  /** The method, in capitals. */
  readonly method: string;
  /** The path, with parameters as in `/tickets/:id`. */
  readonly path: string;
  /** The plugin's function behind it. */
  readonly handler: string;
  /** Names that the embedder knows: `auth`, `admin`. A route with one is refused where it does not. */
  readonly middleware: readonly string[];
  /** For people. */
  readonly description: string;
}

/** One entry of a menu. */
export interface GkMenuItem {
  /** Its identifier. */
  readonly id: string;
  /** Text, or a key of translations. */
  readonly label: string;
  /** Name of an icon, or an image. */
  readonly icon: string;
  /** Where it leads. */
  readonly path: string;
  /** The menu: `admin`, `agent`, `customer`. */
  readonly location: string;
  /** Identifier of the entry that it stands under. */
  readonly parent: string;
  /** Its place among the others. */
  readonly order: number;
  /** Entries under it. */
  readonly children: readonly GkMenuItem[];
}

/** One widget of a dashboard. */
export interface GkWidget {
  /** Its identifier. */
  readonly id: string;
  /** Text, or a key of translations. */
  readonly title: string;
  /** For people. */
  readonly description: string;
  /** The plugin's function that gives its content. */
  readonly handler: string;
  /** The dashboard: `agent_home`, `admin_home`. */
  readonly location: string;
  /** `small`, `medium`, `large` or `full`. */
  readonly size: string;
  /** Its place among the others. */
  readonly order: number;
  /** Whether it may be asked for again. */
  readonly refreshable: boolean;
  /** Seconds after which it is; 0 = never by itself. */
  readonly refresh_sec: number;
}

/** One function that runs by the clock. */
export interface GkJob {
  /** Its identifier. */
  readonly id: string;
  /** The plugin's function; called without arguments. */
  readonly handler: string;
  /** A cron expression. */
  readonly schedule: string;
  /** For people. */
  readonly description: string;
  /** Whether it runs at all; `false` where the plugin does not say. */
  readonly enabled: boolean;
  /** How long it may take, as the plugin writes it: `5m`. */
  readonly timeout: string;
  /** The same in milliseconds; five minutes where the plugin does not say. */
  readonly timeout_ms: number;
}

/** One template. */
export interface GkTemplate {
  /** Its name. */
  readonly name: string;
  /** Its file in the plugin's package. */
  readonly path: string;
  /** Whether it stands in for a template of the host with the same name. */
  readonly override: boolean;
}

/** Translations of a plugin. */
export interface GkI18n {
  /** What keys may begin with, and a dot; the plugin's name where it does not say. */
  readonly namespace: string;
  /** Languages that it has. */
  readonly languages: readonly string[];
  /** Texts by language and key. */
  readonly translations: { readonly [language: string]: { readonly [key: string]: string } };
}

/** One error that a plugin may answer with. */
export interface GkErrorCode {
  /** `<plugin>:<code>`. */
  readonly code: string;
  /** For people. */
  readonly message: string;
  /** The HTTP status that goes with it; 500 where the plugin does not say. */
  readonly http_status: number;
}

/** What a GoatKit plugin says of itself. Every key is there, whatever the plugin left out. */
export interface GkRegistration {
  /** Its own name. */
  readonly name: string;
  /** Its version; empty when it gives none. */
  readonly version: string;
  /** What it does, for people. */
  readonly description: string;
  /** Who made it. */
  readonly author: string;
  /** Its licence, as SPDX names it. */
  readonly license: string;
  /** Where to read about it. */
  readonly homepage: string;
  /** Its HTTP routes. */
  readonly routes: readonly GkRoute[];
  /** Its menu entries. */
  readonly menu_items: readonly GkMenuItem[];
  /** Its widgets. */
  readonly widgets: readonly GkWidget[];
  /** What runs by the clock. */
  readonly jobs: readonly GkJob[];
  /** Its templates. */
  readonly templates: readonly GkTemplate[];
  /** Its translations. */
  readonly i18n: GkI18n;
  /** Its errors. */
  readonly error_codes: readonly GkErrorCode[];
  /** The oldest host it works with, in that host's versions: the embedder's to judge. */
  readonly min_host_version: string;
  /** What it needs of the host, and names of its own for what its users may do. */
  readonly permissions: readonly string[];
}

/** A registration as far as it can be read, and everything that is wrong with it. */
export interface ReadGkRegistration {
  readonly registration: GkRegistration;
  /** Empty when all is well. */
  readonly issues: readonly GkIssue[];
}

/** Bytes of a registration: the host holds it in several forms. */
const MOST_BYTES = 1024 * 1024;
/** Levels of a menu: reading it takes a stack frame for each. */
const MENU_LEVELS = 8;
/** A job that hangs holds the plugin's only instance. */
const DEFAULT_JOB_TIMEOUT = "5m";
const DEFAULT_STATUS = 500;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads what `gk_register` gave. Never throws: what is wrong is in `issues`. */
export function readRegistration(bytes: Uint8Array): ReadGkRegistration {
  const reader = new GkReader();
  const registration = registrationOf(fieldsIn(bytes, reader), reader);
  return { registration, issues: reader.issues };
}

/**
 * The same for a registration that has to be right.
 *
 * @throws {Fault} `bad-guest-data` naming everything that is wrong.
 */
export function parseRegistration(bytes: Uint8Array): GkRegistration {
  const { registration, issues } = readRegistration(bytes);
  if (issues.length === 0) return registration;
  const list = issues.map(({ path, message }) =>
    path === "" ? `it ${message}` : `${path} ${message}`
  );
  throw new Fault("bad-guest-data", `its registration is wrong: ${list.join("; ")}`);
}

function fieldsIn(bytes: Uint8Array, reader: GkReader): Fields | undefined {
  if (bytes.length > MOST_BYTES) {
    reader.report("", `has ${bytes.length} bytes where ${MOST_BYTES} are allowed`);
    return undefined;
  }
  let value: Json;
  try {
    value = JSON.parse(decoder.decode(bytes)) as Json;
  } catch {
    reader.report("", "must be JSON in UTF-8");
    return undefined;
  }
  if (isFields(value)) return value;
  reader.report("", "must be an object");
  return undefined;
}

function registrationOf(fields: Fields | undefined, reader: GkReader): GkRegistration {
  // What is no object has been reported; its missing name need not be.
  const all = fields ?? {};
  const name = fields === undefined ? "" : nameOf(all, reader);
  return Object.freeze({
    name,
    version: reader.text(all, "version", ""),
    description: reader.text(all, "description", ""),
    author: reader.text(all, "author", ""),
    license: reader.text(all, "license", ""),
    homepage: reader.text(all, "homepage", ""),
    routes: reader.objects(all, "routes", "", (each, at) => routeOf(each, at, reader)),
    menu_items: menuOf(all, "menu_items", "", reader, MENU_LEVELS),
    widgets: reader.objects(all, "widgets", "", (each, at) => widgetOf(each, at, reader)),
    jobs: reader.objects(all, "jobs", "", (each, at) => jobOf(each, at, reader)),
    templates: reader.objects(all, "templates", "", (each, at) =>
      Object.freeze({
        name: reader.word(each, "name", at),
        path: reader.text(each, "path", at),
        override: reader.flag(each, "override", at),
      })),
    i18n: i18nOf(all, name, reader),
    error_codes: reader.objects(all, "error_codes", "", (each, at) =>
      Object.freeze({
        code: `${name}:${reader.word(each, "code", at)}`,
        message: reader.text(each, "message", at),
        http_status: statusOf(each, at, reader),
      })),
    min_host_version: reader.text(all, "min_host_version", ""),
    permissions: reader.texts(all, "permissions", ""),
  });
}

/** Longest name: it becomes part of error codes, translation keys and messages. */
const NAME_LIMIT = 256;

function nameOf(fields: Fields, reader: GkReader): string {
  const name = reader.word(fields, "name", "");
  if (name.length <= NAME_LIMIT && !/\p{C}/u.test(name)) return name;
  reader.report("name", `must have at most ${NAME_LIMIT} characters that can be printed`);
  return "";
}

function routeOf(fields: Fields, path: string, reader: GkReader): GkRoute {
  const route = reader.word(fields, "path", path);
  if (route !== "" && !route.startsWith("/")) reader.report(`${path}.path`, 'must start with "/"');
  const method = reader.word(fields, "method", path).toUpperCase();
  if (method !== "" && !/^[!#$%&'*+.^_`|~0-9A-Z-]+$/.test(method)) {
    reader.report(`${path}.method`, "must be an HTTP method");
  }
  return Object.freeze({
    method,
    path: route,
    handler: reader.word(fields, "handler", path),
    middleware: reader.texts(fields, "middleware", path),
    description: reader.text(fields, "description", path),
  });
}

function menuOf(
  fields: Fields,
  key: string,
  path: string,
  reader: GkReader,
  levels: number,
): readonly GkMenuItem[] {
  if (levels === 0) {
    if (own(fields, key) !== undefined) {
      reader.report(`${path}.${key}`, `must not be there: a menu has ${MENU_LEVELS} levels`);
    }
    return Object.freeze([]);
  }
  return reader.objects(fields, key, path, (each, at) =>
    Object.freeze({
      id: reader.text(each, "id", at),
      label: reader.text(each, "label", at),
      icon: reader.text(each, "icon", at),
      path: reader.text(each, "path", at),
      location: reader.text(each, "location", at),
      parent: reader.text(each, "parent", at),
      order: reader.integer(each, "order", at),
      children: menuOf(each, "children", at, reader, levels - 1),
    }));
}

function widgetOf(fields: Fields, path: string, reader: GkReader): GkWidget {
  return Object.freeze({
    id: reader.word(fields, "id", path),
    title: reader.text(fields, "title", path),
    description: reader.text(fields, "description", path),
    handler: reader.word(fields, "handler", path),
    location: reader.text(fields, "location", path),
    size: reader.text(fields, "size", path),
    order: reader.integer(fields, "order", path),
    refreshable: reader.flag(fields, "refreshable", path),
    refresh_sec: Math.max(0, reader.integer(fields, "refresh_sec", path)),
  });
}

function jobOf(fields: Fields, path: string, reader: GkReader): GkJob {
  const timeout = reader.text(fields, "timeout", path) || DEFAULT_JOB_TIMEOUT;
  const ms = durationMs(timeout);
  if (ms === undefined) reader.report(`${path}.timeout`, 'must be a duration such as "5m"');
  return Object.freeze({
    id: reader.word(fields, "id", path),
    handler: reader.word(fields, "handler", path),
    schedule: reader.word(fields, "schedule", path),
    description: reader.text(fields, "description", path),
    enabled: reader.flag(fields, "enabled", path),
    timeout,
    // as there, nothing and less than nothing stand for the default
    timeout_ms: ms === undefined || ms <= 0 ? durationMs(DEFAULT_JOB_TIMEOUT) ?? 0 : ms,
  });
}

function i18nOf(all: Fields, name: string, reader: GkReader): GkI18n {
  const value = own(all, "i18n") ?? {};
  if (!isFields(value)) reader.report("i18n", "must be an object");
  const fields = isFields(value) ? value : {};
  const translations = reader.record(fields, "translations", "i18n", (texts, at) => {
    if (!isFields(texts)) {
      reader.report(at, "must be an object");
      return undefined;
    }
    const wrong = Object.values(texts).some((text) => typeof text !== "string");
    if (wrong) reader.report(at, "must have strings only");
    return wrong ? undefined : Object.freeze({ ...texts as { [key: string]: string } });
  });
  return Object.freeze({
    namespace: reader.text(fields, "namespace", "i18n") || name,
    languages: reader.texts(fields, "languages", "i18n"),
    translations,
  });
}

function statusOf(fields: Fields, path: string, reader: GkReader): number {
  const status = reader.integer(fields, "http_status", path) || DEFAULT_STATUS;
  if (status >= 100 && status <= 599) return status;
  reader.report(`${path}.http_status`, "must be an HTTP status");
  return DEFAULT_STATUS;
}
