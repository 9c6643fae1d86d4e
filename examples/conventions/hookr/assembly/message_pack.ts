/*
 * The part of MessagePack that this plugin speaks: maps of text to text or whole numbers. Payloads
 * come from elsewhere, so every read is checked, and a wrong one turns `failed` on.
 */

/** Reads one value after the other. */
export class Reader {
  failed: bool = false;
  private at: u32 = 0;

  constructor(private readonly bytes: Uint8Array) {}

  private byte(): u8 {
    if (this.at < <u32> this.bytes.length) return this.bytes[this.at++];
    this.failed = true;
    return 0;
  }

  private big(width: u32): u32 {
    let value: u32 = 0;
    while (width--) value = value << 8 | this.byte();
    return value;
  }

  /** The number of entries of a map. */
  map(): u32 {
    const head = this.byte();
    if ((head & 0xf0) == 0x80) return head & 0x0f;
    if (head == 0xde) return this.big(2);
    this.failed = true;
    return 0;
  }

  text(): string {
    const head = this.byte();
    let len: u32 = 0;
    if ((head & 0xe0) == 0xa0) len = head & 0x1f;
    else if (head == 0xd9) len = this.big(1);
    else if (head == 0xda) len = this.big(2);
    else this.failed = true;
    if (this.failed || len > <u32> this.bytes.length - this.at) {
      this.failed = true;
      return "";
    }
    const start = this.bytes.dataStart + this.at;
    this.at += len;
    return String.UTF8.decodeUnsafe(start, len);
  }
}

/** Writes one value after the other. */
export class Writer {
  private bytes: u8[] = [];

  map(entries: u8): Writer {
    this.bytes.push(0x80 | entries);
    return this;
  }

  text(text: string): Writer {
    const encoded = Uint8Array.wrap(String.UTF8.encode(text));
    this.bytes.push(0xda);
    this.bytes.push(<u8> (encoded.length >> 8));
    this.bytes.push(<u8> encoded.length);
    for (let i = 0; i < encoded.length; i++) this.bytes.push(encoded[i]);
    return this;
  }

  number(value: u32): Writer {
    this.bytes.push(0xce);
    for (let shift: u32 = 32; shift > 0;) this.bytes.push(<u8> (value >> (shift -= 8)));
    return this;
  }

  finish(): ArrayBuffer {
    const out = new Uint8Array(this.bytes.length);
    for (let i = 0; i < out.length; i++) out[i] = this.bytes[i];
    return out.buffer;
  }
}
