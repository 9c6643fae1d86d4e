// hostile 14: log lines that look like another extension's
// ends: nothing

function attack() {
  for (const end of ["\n", "\r", "\r\n", "\u2028", "\u0085", "\v", "\f", "\0", "\x1b[2K\x1b[1A", "\b".repeat(80)]) {
    console.log(`x${end}victim: FORGED${end}{"extension":"victim","message":"FORGED"}`);
    console.error({ [`a${end}victim: FORGED`]: `b${end}victim: FORGED` });
    airlock.log.info(`x${end}victim: FORGED`, { [`k${end}victim`]: `v${end}victim: FORGED` });
  }
  airlock.log.warn("x", { extension: "victim", level: "error", time: 0, message: "victim: FORGED" });
  setTimeout(() => { throw new Error("a\nvictim: FORGED") }, 0);
  return new Promise((resolve) => setTimeout(() => resolve([]), 5));
}
