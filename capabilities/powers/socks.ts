/** The server's side of SOCKS 5 with a password (RFC 1928, RFC 1929), for one kind of client. @module */

/** Where a client wants to be connected. */
export interface SocksTarget {
  /** A name, or an address as a URL spells it, without brackets. */
  readonly host: string;
  /** From 1 to 65,535. */
  readonly port: number;
}

/** What the handshake reads from and writes to. */
export interface SocksStream {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

const VERSION = 5;
const PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

const GRANTED = 0;
const FAILED = 1;

/**
 * Reads what the client wants, if `accepts` its password; `undefined` when it is somebody else, or no
 * client of this protocol.
 */
export async function readSocksRequest(
  stream: SocksStream,
  accepts: (password: Uint8Array) => boolean,
): Promise<SocksTarget | undefined> {
  const [version, count = 0] = await readExactly(stream, 2);
  const methods = await readExactly(stream, count);
  if (version !== VERSION || !methods.includes(PASSWORD)) {
    await writeAll(stream, Uint8Array.of(VERSION, NONE_ACCEPTABLE));
    return undefined;
  }
  await writeAll(stream, Uint8Array.of(VERSION, PASSWORD));
  await readCounted(stream, await readExactly(stream, 2));
  const password = await readCounted(stream, await readExactly(stream, 1));
  const accepted = accepts(password);
  await writeAll(stream, Uint8Array.of(1, accepted ? GRANTED : FAILED));
  if (!accepted) return undefined;
  const [, command, , kind] = await readExactly(stream, 4);
  const host = await readHost(stream, kind);
  const [high = 0, low = 0] = await readExactly(stream, 2);
  return command === CONNECT && host !== undefined ? { host, port: high * 256 + low } : undefined;
}

/** Tells the client whether it is connected; no address is told. */
export function answerSocks(stream: SocksStream, connected: boolean): Promise<void> {
  return writeAll(
    stream,
    Uint8Array.of(VERSION, connected ? GRANTED : FAILED, 0, IPV4, 0, 0, 0, 0, 0, 0),
  );
}

/** Writes all of `bytes`. */
export async function writeAll(stream: SocksStream, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += await stream.write(bytes.subarray(at));
}

async function readHost(
  stream: SocksStream,
  kind: number | undefined,
): Promise<string | undefined> {
  switch (kind) {
    case IPV4:
      return (await readExactly(stream, 4)).join(".");
    case IPV6: {
      const bytes = await readExactly(stream, 16);
      const groups = Array.from(
        { length: 8 },
        (_, at) => bytes.subarray(at * 2, at * 2 + 2).toHex(),
      );
      return URL.parse(`http://[${groups.join(":")}]/`)?.hostname.slice(1, -1);
    }
    case NAME:
      return new TextDecoder().decode(await readCounted(stream, await readExactly(stream, 1)));
    default:
      return undefined;
  }
}

/** As many bytes as the last one of `header` says. */
function readCounted(stream: SocksStream, header: Uint8Array): Promise<Uint8Array> {
  return readExactly(stream, header.at(-1) ?? 0);
}

async function readExactly(stream: SocksStream, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const n = await stream.read(bytes.subarray(at));
    if (n === null) throw new RangeError("Cannot read a SOCKS request as it ends too early");
    at += n;
  }
  return bytes;
}
