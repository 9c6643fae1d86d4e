/* The text of JSON strings: UTF-8, and the escapes in it. */

/** Whether the bytes are well-formed UTF-8. */
export function isUtf8(from: usize, to: usize): bool {
  while (from < to) {
    const lead = load<u8>(from++);
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    let more: usize = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (to - from < more) return false;
    // No overlong forms, no surrogates, nothing above U+10FFFF: the second byte tells.
    const low: u8 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const high: u8 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    const second = load<u8>(from++);
    if (second < low || second > high) return false;
    while (--more) {
      if ((load<u8>(from++) & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

/** Writes a string's text without escapes, at most as long as before; gives its new end. */
export function decode(from: usize, to: usize, into: usize): usize {
  while (from < to) {
    const byte = load<u8>(from++);
    if (byte != 0x5c) {
      store<u8>(into++, byte);
      continue;
    }
    const letter = load<u8>(from++);
    switch (letter) {
      case 0x62:
        store<u8>(into++, 8);
        break;
      case 0x66:
        store<u8>(into++, 12);
        break;
      case 0x6e:
        store<u8>(into++, 10);
        break;
      case 0x72:
        store<u8>(into++, 13);
        break;
      case 0x74:
        store<u8>(into++, 9);
        break;
      case 0x75: {
        let point = hex4(from);
        from += 4;
        if ((point & 0xf800) == 0xd800) {
          // A high half and an escaped low one are a pair; UTF-8 has no place for half of one.
          let low: u32 = 0;
          if (point < 0xdc00 && to - from >= 6 && load<u16>(from) == 0x755c) low = hex4(from + 2);
          if ((low & 0xfc00) == 0xdc00) {
            point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
            from += 6;
          } else {
            point = 0xfffd;
          }
        }
        into = putUtf8(into, point);
        break;
      }
      default: // quote, backslash, slash: themselves
        store<u8>(into++, letter);
    }
  }
  return into;
}

function hex4(from: usize): u32 {
  let unit: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const byte: u32 = load<u8>(from + i);
    unit = (unit << 4) | (byte <= 0x39 ? byte - 0x30 : (byte | 32) - 0x57);
  }
  return unit;
}

function putUtf8(into: usize, point: u32): usize {
  if (point < 0x80) {
    store<u8>(into, point);
    return into + 1;
  }
  if (point < 0x800) {
    store<u8>(into++, 0xc0 | (point >> 6));
  } else {
    if (point < 0x10000) {
      store<u8>(into++, 0xe0 | (point >> 12));
    } else {
      store<u8>(into++, 0xf0 | (point >> 18));
      store<u8>(into++, 0x80 | ((point >> 12) & 63));
    }
    store<u8>(into++, 0x80 | ((point >> 6) & 63));
  }
  store<u8>(into, 0x80 | (point & 63));
  return into + 1;
}
