/** An extension that uses files, as its broker sees it. @module */

import type { JsonObject } from "../../../manifest/manifest.ts";
import type { HostCallOptions } from "../../../capabilities/host_calls.ts";
import { ask, open, type Opened, type OpenOptions } from "../open.ts";

/** Its operations, with the path first. */
export interface FsGuest extends Opened {
  call(
    operation: string,
    path: string,
    bytes?: string | Uint8Array,
    options?: HostCallOptions,
  ): Promise<unknown>;
  read(path: string): Promise<Uint8Array | null>;
  text(path: string): Promise<string>;
  write(path: string, bytes: string | Uint8Array): Promise<void>;
}

/** Opens it with `args` granted. */
export async function openFs(args: JsonObject, options: OpenOptions): Promise<FsGuest> {
  const granted = { fs: args };
  const opened = await open({ asks: [ask("fs")], granted, ...options });
  const call: FsGuest["call"] = (operation, path, bytes, options) =>
    opened.broker.calls.call(
      `fs.${operation}`,
      { path, ...bytes === undefined ? {} : { bytes } },
      options,
    );
  const read = (path: string) => call("read", path) as Promise<Uint8Array | null>;
  return {
    ...opened,
    call,
    read,
    text: async (path) => new TextDecoder().decode(await read(path) ?? new Uint8Array()),
    write: (path, bytes) => call("write", path, bytes) as Promise<void>,
  };
}

/** The code of the error that `promise` rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
  throw new Error("it did not reject");
}
