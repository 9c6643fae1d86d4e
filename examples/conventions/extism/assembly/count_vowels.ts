/* An Extism plugin: counts vowels, and over all calls. */

import { config, counter, input, outputText, setCounter } from "./host";

const VOWELS = "aeiouAEIOU";

/** The letters that count now. */
let vowels = "";
/** 1 for each of them. */
const counted = new StaticArray<u8>(128);

function chooseVowels(letters: string): void {
  if (letters === vowels) return;
  vowels = letters;
  counted.fill(0);
  for (let i = 0; i < letters.length; i++) {
    const letter = letters.charCodeAt(i);
    if (letter < 128) counted[letter] = 1;
  }
}

export function count_vowels(): i32 {
  const own = config("vowels");
  chooseVowels(own.length > 0 ? own : VOWELS);

  const bytes = Uint8Array.wrap(input());
  let count = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte < 128) count += counted[byte];
  }

  const total = counter("total") + count;
  setCounter("total", total);
  outputText(`{"count":${count},"total":${total},"vowels":"${vowels}"}`);
  return 0;
}
