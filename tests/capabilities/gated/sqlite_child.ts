/** A host with few permissions that opens one database, for sqlite_test.ts. @module */

import { ask, open } from "../open.ts";

await using opened = await open({
  asks: [ask("sqlite")],
  granted: { sqlite: true },
  storage: Deno.args[0],
});
const { call } = opened.broker.calls;
await call("sqlite.exec", { sql: "CREATE TABLE t (x)" });
await call("sqlite.exec", { sql: "INSERT INTO t VALUES ('written')" });
console.log(JSON.stringify(await call("sqlite.query", { sql: "SELECT x FROM t" })));
