/** Letters that only look like ASCII: a name written with them could pass for another. @module */

/** Cyrillic, Greek and Armenian letters, each before the Latin one that it resembles. */
const PAIRS = "аaеeоoрpсcуyхxіiјjѕsԁdһhӏlԛqԝwгrкkмmтtвbнhпnиu" +
  "αaοoνvιiκkρpτtυuγyωwϲcϳjηnχx" + "սuօoհhոnցgզq" + "ıiɡgɑaℓl";

const LATIN: ReadonlyMap<string, string> = new Map(
  Array.from(PAIRS.matchAll(/(.)(.)/gu), ([, other = "", latin = ""]) => [other, latin]),
);

/**
 * `text` in lower-case ASCII as far as it can be read as such: compatibility forms folded, accents
 * and invisible characters dropped, look-alikes replaced, spaces around it trimmed.
 */
export function readAsAscii(text: string): string {
  const plain = text.normalize("NFKD").replace(/[\p{M}\p{Cf}\p{Cc}]/gu, "").trim().toLowerCase();
  return Array.from(plain, (letter) => LATIN.get(letter) ?? letter).join("");
}
