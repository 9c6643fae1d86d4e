/** The compiled SQLite, as its authors publish it; only the WebAssembly, none of its JavaScript. @module */
// Type checkers do not know imports of this kind.
// @ts-self-types="./module.d.ts"
import source sqliteModule from "@sqlite.org/sqlite-wasm/sqlite3.wasm";

export { sqliteModule };
