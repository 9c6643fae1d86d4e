/** The compiled SQLite. @module */

/** SQLite's module, without an instance. */
export const sqliteModule: WebAssembly.Module;
