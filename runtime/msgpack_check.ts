/**
 * Looks through MessagePack before it is decoded. A decoder takes lengths at their word: five bytes
 * that announce an array of 33 million elements cost it 250 MB, and eight of them nested 2 GB.
 *
 * @module
 */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes of a number after its head, from 0xca on: floats, unsigned, signed. */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

/**
 * Checks that `bytes` are exactly one complete value: every announced element and byte is there, and
 * text is UTF-8. It allocates nothing but for text that is not ASCII.
 *
 * @throws {RangeError} for anything else.
 */
export function checkMsgpack(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  /** Values announced and not seen yet; each takes at least a byte. */
  let open = 1;
  while (open > 0) {
    if (open > bytes.length - at) throw malformed("it announces more than there is", at);
    open--;
    const head = view.getUint8(at++);
    if (head < 0x80 || head >= 0xe0 || head === 0xc0 || head === 0xc2 || head === 0xc3) continue;
    if (head < 0x90) open += 2 * (head & 0x0f);
    else if (head < 0xa0) open += head & 0x0f;
    else if (head < 0xc0) at = checkText(bytes, at, head & 0x1f);
    else if (head === 0xc1) throw malformed("0xc1 begins no value", at - 1);
    else if (head <= 0xc6) at = skip(bytes, ...lengthAt(view, at, head - 0xc4));
    else if (head <= 0xc9) at = skip(bytes, ...lengthAt(view, at, head - 0xc7, 1));
    else if (head <= 0xd3) at = skip(bytes, at, NUMBER_BYTES[head - 0xca] ?? 0);
    else if (head <= 0xd8) at = skip(bytes, at, 1 + 2 ** (head - 0xd4));
    else if (head <= 0xdb) at = checkText(bytes, ...lengthAt(view, at, head - 0xd9));
    else {
      const [next, count] = lengthAt(view, at, 1 + (head & 1));
      at = next;
      open += head <= 0xdd ? count : 2 * count;
    }
  }
  if (at !== bytes.length) throw malformed("something follows it", at);
}

/** The length written in 1, 2 or 4 bytes at `at`, and where it ends; `more` bytes come on top. */
function lengthAt(view: DataView, at: number, size: number, more = 0): [at: number, len: number] {
  const width = 2 ** size;
  if (at + width > view.byteLength) throw malformed("a length is cut short", at);
  const len = size === 0 ? view.getUint8(at) : size === 1 ? view.getUint16(at) : view.getUint32(at);
  return [at + width, len + more];
}

function skip(bytes: Uint8Array, at: number, len: number): number {
  if (len > bytes.length - at) throw malformed("it announces more than there is", at);
  return at + len;
}

function checkText(bytes: Uint8Array, at: number, len: number): number {
  const end = skip(bytes, at, len);
  for (let i = at; i < end; i++) {
    if ((bytes[i] ?? 0) < 0x80) continue;
    try {
      utf8.decode(bytes.subarray(i, end));
    } catch (cause) {
      throw malformed("its text is not UTF-8", at, cause);
    }
    break;
  }
  return end;
}

function malformed(why: string, at: number, cause?: unknown): RangeError {
  return new RangeError(`Cannot read MessagePack as ${why}, at byte ${at}`, { cause });
}
