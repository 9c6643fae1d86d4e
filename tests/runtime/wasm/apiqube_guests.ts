/** Loads the ApiQube guests of the tests through a real host, with what it logs and hears. @module */

import {
  type Extension,
  type ExtensionEvent,
  ExtensionHost,
  type HostOptions,
  type LoadOptions,
  type LoadTarget,
  type LogRecord,
} from "../../../mod.ts";

/** Extensions by what they are written in, each with the same commands; the net is optional. */
export const PROBES: { readonly [language: string]: URL } = {
  C: new URL("../../fixtures/apiqube/probe-c/", import.meta.url),
  AssemblyScript: new URL("../../fixtures/apiqube/probe-as/", import.meta.url),
};

/** One of them without its manifest. */
export const BARE_PROBE: URL = new URL(
  "../../fixtures/apiqube/probe-c/probe.wasm",
  import.meta.url,
);

/** A guest that answers what it is told to. */
export const LIAR: URL = new URL("../../fixtures/apiqube/liar.wat", import.meta.url);

/** The plugin of the examples, written in Go. */
export const WEB: URL = new URL(
  "../../../examples/conventions/apiqube/web/web.wasm",
  import.meta.url,
);

/** One loaded guest and everything its host saw. */
export interface Loaded extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly extension: Extension;
  readonly log: readonly LogRecord[];
  readonly events: readonly ExtensionEvent[];
  /** Executes a command; the answer as text. */
  execute(command: string): Promise<string>;
  /** Executes a command; the `body` of the output. */
  body(command: string): Promise<unknown>;
}

/** A grant of the net, though of nothing that anybody serves. */
export const NET: LoadOptions = { grants: { net: { hosts: ["127.0.0.1:9"] } } };

/** Loads `target` as `options` say. */
export async function loadGuest(
  target: LoadTarget,
  options: LoadOptions = NET,
  hostOptions: HostOptions = {},
): Promise<Loaded> {
  const log: LogRecord[] = [];
  const events: ExtensionEvent[] = [];
  const host = new ExtensionHost({
    log: (record) => void log.push(record),
    onEvent: (event) => void events.push(event),
    ...hostOptions,
  });
  try {
    const extension = await host.load(target, options);
    const execute = async (command: string) =>
      new TextDecoder().decode(await extension.invoke("execute", command));
    return {
      ...{ host, extension, log, events, execute },
      body: async (command) => JSON.parse(await execute(command)).body,
      [Symbol.asyncDispose]: () => host.close(),
    };
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** A server on loopback for as long as it is needed. */
export interface TestServer extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly url: string;
}

/** Answers with `handler` on a free port. */
export function serve(handler: (request: Request) => Response | Promise<Response>): TestServer {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  const address = `127.0.0.1:${server.addr.port}`;
  return {
    address,
    url: `http://${address}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
