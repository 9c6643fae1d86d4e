// hostile 9: an end of the function around a CommonJS file, and code behind it
// ends: bad-guest-data unknown-function

exports.attack = () => [];
}); globalThis.hit = typeof Deno + typeof process + typeof ask + typeof post; (function () {
if (globalThis.hit !== undefined && globalThis.hit !== "undefined".repeat(4)) exports.attack = () => [globalThis.hit];
