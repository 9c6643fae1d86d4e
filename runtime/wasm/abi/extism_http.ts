/** HTTP for Extism guests: one request at a time, over the `net` capability. @module */

import { CapabilityError, refusalError } from "../../../capabilities/errors.ts";
import { Fault } from "../../errors.ts";
import type { AbiEnvironment, Guest, HostFunction } from "./contract.ts";
import { type BlockStore, type Handle, NO_HANDLE } from "./extism_store.ts";
import { isOfConnection } from "./header_names.ts";

const FETCH = "net.fetch";
const REQUEST_TYPE = "(i64, i64) -> i64";
/** Largest description of a request: it is parsed on the host. */
const REQUEST_BYTES = 1024 * 1024;
/** Methods whose requests have no body, whatever a plugin hands over. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** What a guest asks for. */
interface Request {
  readonly url: string;
  readonly method: string;
  readonly headers: { readonly [name: string]: string };
}

/** The HTTP functions of one guest, and what they remember of its last request. */
export class ExtismHttp {
  readonly functions: { readonly [name: string]: HostFunction };
  #status = 0;
  /** `undefined` until a request of this call was answered. */
  #headers: unknown = undefined;
  readonly #guest: Guest;
  readonly #store: BlockStore;
  readonly #environment: AbiEnvironment;

  /** Requests go through `environment.host`. */
  constructor(guest: Guest, store: BlockStore, environment: AbiEnvironment) {
    this.#guest = guest;
    this.#store = store;
    this.#environment = environment;
    const { surface } = environment.host;
    const granted = surface.some((one) => `${one.capability}.${one.operation}` === FETCH);
    this.functions = {
      // Without the grant nothing waits, and the guest need not be ready to.
      http_request: granted
        ? {
          type: REQUEST_TYPE,
          wait: (signal, request: Handle, body: Handle) => this.#request(signal, request, body),
        }
        : { type: REQUEST_TYPE, run: (request: Handle) => this.#refuse(request) },
      http_status_code: { type: "() -> i32", run: () => this.#status },
      http_headers: { type: "() -> i64", run: () => this.#storeHeaders() },
    };
  }

  /** Forgets the last request: a call never sees what another one asked for. */
  reset(): void {
    this.#status = 0;
    this.#headers = undefined;
  }

  async #request(signal: AbortSignal, address: Handle, bodyAddress: Handle): Promise<Handle> {
    const { host, limits } = this.#environment;
    const { url, method, headers } = this.#parse(address);
    const body = bodyAddress === NO_HANDLE || BODILESS.has(method)
      ? undefined
      : this.#store.read(bodyAddress, limits.payloadBytes, "the body of its request");
    this.reset();
    const init = {
      method,
      headers,
      responseBytes: limits.responseBytes,
      ...body === undefined ? {} : { body },
    };
    const asked = host.call(FETCH, { url, init }, { ...this.#guest.call, signal });
    const answer = await asked.catch((error) => {
      throw signal.aborted || error instanceof CapabilityError ? error : failed(error);
    });
    const { status, headers: answered, body: content } = recordOf(answer);
    this.#status = typeof status === "number" ? status : 0;
    this.#headers = answered;
    return this.#store.store(content instanceof Uint8Array ? content : "");
  }

  /** Extism has no error value for a request that is not allowed: the call ends. */
  #refuse(address: Handle): never {
    const { host } = this.#environment;
    this.#parse(address);
    const refusal = host.refused?.(FETCH);
    if (refusal !== undefined) throw refusalError(refusal);
    throw new Fault("unsupported", "there is nothing to send requests with");
  }

  #storeHeaders(): Handle {
    const headers = this.#headers;
    return headers === undefined ? NO_HANDLE : this.#store.store(JSON.stringify(headers));
  }

  #parse(address: Handle): Request {
    const text = this.#store.text(address, REQUEST_BYTES, "its request");
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new Fault("bad-guest-data", "its request is not JSON", { cause });
    }
    const { url, method, headers, header } = recordOf(value);
    if (typeof url !== "string") throw new Fault("bad-guest-data", "its request has no url");
    return {
      url,
      method: typeof method === "string" && method !== "" ? method.toUpperCase() : "GET",
      // Kits before 1.0 wrote `header`.
      headers: headersOf(headers ?? header),
    };
  }
}

/** Extism ends the call when there is no answer, so the reason is the caller's to see. */
function failed(cause: unknown): Fault {
  return cause instanceof TypeError
    ? new Fault("bad-guest-data", "its request is none that can be sent", { cause })
    : new Fault("trap", "its request was not answered", { cause });
}

function headersOf(value: unknown): { readonly [name: string]: string } {
  const entries = Object.entries(recordOf(value ?? {})).filter(([name]) =>
    !isOfConnection(name) && !/^proxy-/i.test(name)
  );
  return Object.fromEntries(entries.map(([name, item]) => [name, scalarOf(item)]));
}

/** A value with a `toString` of its own making would throw, or worse. */
function scalarOf(item: unknown): string {
  if (typeof item !== "object") return String(item);
  throw new Fault("bad-guest-data", "a header of its request is no text");
}

/** Own members only: a request may have any key. */
function recordOf(value: unknown): { readonly [key: string]: unknown } {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.assign(Object.create(null), value);
  }
  throw new Fault("bad-guest-data", "its request is no JSON object of the expected shape");
}
