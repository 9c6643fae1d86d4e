// hostile 26: text that is nested beyond any parser's stack, compiled where compiling is allowed
// ends: nothing timeout memory-limit guest-error trap lost

function attack() {
  const n = 200_000;
  const texts = ["[".repeat(n), "(".repeat(n) + "1" + ")".repeat(n), "!".repeat(n) + "1", "a=>".repeat(n) + "1", "`${".repeat(n), "{".repeat(n), "if(1)".repeat(n) + ";",
    "function f(){".repeat(n), "class A extends ".repeat(n), "1+".repeat(n) + "1", "x?.".repeat(n) + "x", "async()=>await ".repeat(n) + "1", "({a:".repeat(n),
    "new ".repeat(n) + "x", "/*" + "x".repeat(1e6), "var " + Array.from({ length: 70_000 }, (_, i) => "v" + i).join(), "switch(1){" + "case 1:".repeat(70_000) + "}"];
  for (const text of texts) {
    for (const compile of [Function, eval, JSON.parse]) {
      try { compile(text) } catch { /* refused */ }
    }
  }
  return [];
}
