/** A certificate that signs itself, for one name: made here, so that no key lies in the repository. @module */

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OID = 0x06;
const UTF8 = 0x0c;
const UTC_TIME = 0x17;

/** Object identifiers, as DER has them. */
const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const ALTERNATIVE_NAME = [0x55, 0x1d, 0x11];

function der(tag: number, ...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  const content = parts.flatMap((part) => [...part]);
  const length = content.length < 128
    ? [content.length]
    : content.length < 256
    ? [0x81, content.length]
    : [0x82, content.length >> 8, content.length & 255];
  return Uint8Array.from([tag, ...length, ...content]);
}

const text = (value: string) => new TextEncoder().encode(value);

/** A positive integer without leading zeros. */
function integer(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const rest = bytes.subarray(start);
  return der(INTEGER, (rest[0] ?? 0) > 127 ? [0] : [], rest);
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(/.{1,64}/g)?.join("\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** Makes a certificate for `name`, valid for years. */
export async function certificateFor(name: string): Promise<Certificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const signer = der(SEQUENCE, der(OID, ECDSA_SHA256));
  const who = der(SEQUENCE, der(SET, der(SEQUENCE, der(OID, COMMON_NAME), der(UTF8, text(name)))));
  const names = der(SEQUENCE, der(0x82, text(name)));
  const content = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, [2])),
    der(INTEGER, [1]),
    signer,
    who,
    der(SEQUENCE, der(UTC_TIME, text("200101000000Z")), der(UTC_TIME, text("491231235959Z"))),
    who,
    spki,
    der(0xa3, der(SEQUENCE, der(SEQUENCE, der(OID, ALTERNATIVE_NAME), der(OCTET_STRING, names)))),
  );
  const raw = new Uint8Array(
    await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      privateKey,
      content as Uint8Array<ArrayBuffer>,
    ),
  );
  const signature = der(SEQUENCE, integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  return {
    cert: pem("CERTIFICATE", der(SEQUENCE, content, signer, der(BIT_STRING, [0], signature))),
    key: pem("PRIVATE KEY", new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey))),
  };
}
