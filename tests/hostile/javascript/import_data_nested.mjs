// hostile 8: a module of its own making that imports the platform
// ends: nothing

export async function attack() {
  const loot = [];
  const code = 'export { readFileSync } from "node:fs"; export * from "@@SECRET_URL@@";';
  const texts = [`data:text/javascript,${encodeURIComponent(code)}`, `data:text/javascript;base64,${btoa(code)}`];
  if (typeof Blob !== "undefined") texts.push(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  for (const text of texts) {
    try {
      loot.push(Object.keys(await import(text)));
    } catch { /* refused */ }
  }
  return loot;
}
