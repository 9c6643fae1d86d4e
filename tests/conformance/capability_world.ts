/** What the capability suite reaches for: real HTTP servers on loopback, a real directory, a real database. @module */

import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { type TemporaryDirectory, temporaryDirectory } from "../temporary.ts";

/** The directory of every extension under test; grants and storage go by it. */
export const NAME = "asker";

/** Everything outside the host. */
export interface World extends AsyncDisposable {
  /** `127.0.0.1:PORT` of the server that is granted. */
  readonly granted: string;
  /** The port of it. */
  readonly port: number;
  /** `127.0.0.1:PORT` of one that is not. */
  readonly other: string;
  /** What reached either server. */
  readonly seen: readonly string[];
  /** A directory outside the storage root. */
  readonly outside: string;
  /** Where the host keeps files of extensions. */
  readonly storage: string;
  /** Where the extension under test is loaded from. */
  readonly extensions: string;
  readonly directory: TemporaryDirectory;
  /** Resolves when a request for `/slow` has arrived. */
  readonly arrived: Promise<void>;
  /** Resolves when the client of that request has gone. */
  readonly gone: Promise<void>;
}

/** Files in the extension's own directory, and one elsewhere that it must not see. */
const FILES = {
  [`storage/${NAME}/data/note.txt`]: "remember the milk",
  [`storage/${NAME}/private/key.txt`]: "hunter2",
  "outside/secret.txt": "not yours",
};

/** Starts the servers and lays out the files. */
export async function makeWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory(FILES));
  const at = (path: string) => join(directory.path, path);
  await Deno.symlink(at("outside/secret.txt"), at(`storage/${NAME}/data/link.txt`));
  makeDatabase(at(`storage/${NAME}/data.db`));

  const seen: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const serve = (answer: (path: string, request: Request) => Response | Promise<Response>) => {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      seen.push(`${server.addr.port}${pathname}`);
      return answer(pathname, request);
    });
    stack.defer(() => server.shutdown());
    return server.addr.port;
  };
  const elsewhere = serve(() => new Response("you should not be here"));
  const other = `127.0.0.1:${elsewhere}`;
  const port = serve((path, request) => {
    if (path === "/away") return Response.redirect(`http://${other}/stolen`, 302);
    if (path !== "/slow") return new Response("hello");
    arrived.resolve();
    return new Promise((resolve) => {
      request.signal.addEventListener("abort", () => {
        gone.resolve();
        resolve(new Response());
      });
    });
  });
  const owned = stack.move();
  return {
    ...{ port, other, seen, directory },
    granted: `127.0.0.1:${port}`,
    outside: at("outside"),
    storage: at("storage"),
    extensions: at("extensions"),
    arrived: arrived.promise,
    gone: gone.promise,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function makeDatabase(path: string): void {
  using database = new DatabaseSync(path);
  database.exec(`
    CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
    INSERT INTO notes (text) VALUES ('milk');
    CREATE TABLE rates (name TEXT, rate REAL);
    INSERT INTO rates VALUES ('EUR', 1.5);
    CREATE TABLE users (name TEXT, password TEXT);
    INSERT INTO users VALUES ('ada', 'hunter2');
  `);
}
