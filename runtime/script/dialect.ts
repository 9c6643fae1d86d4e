/** Where the two JavaScript engines of Base differ, as data. @module */

/** What an engine's guests see for "nothing", in both directions. */
export interface Dialect {
  /** The engine of Base whose rules these are. */
  readonly name: "goja" | "v8go";
  /**
   * `"undefined"`: an empty payload is `undefined`, and a result of `undefined` is no bytes at all.
   * `"null"`: an empty payload is `null`, and a result of `undefined` is the text `null`.
   * In both, a payload that is not empty and not JSON is `bad-payload`.
   */
  readonly empty: "undefined" | "null";
}

/** The rules of QuickJS guests. */
export const GOJA: Dialect = Object.freeze({ name: "goja", empty: "undefined" });

/** The rules of JavaScript in V8. */
export const V8GO: Dialect = Object.freeze({ name: "v8go", empty: "null" });
