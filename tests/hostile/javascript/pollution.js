// hostile 20: what it changes in its realm reaches nobody else's
// ends: nothing

Object.prototype.ping = () => "owned";
Object.prototype.then = undefined;
Array.prototype[Symbol.iterator] = function* () { yield "owned" };
Promise.prototype.then = function () { return "owned" };
JSON.stringify = () => "owned";
JSON.parse = () => "owned";
Function.prototype.call = () => "owned";
globalThis.victim = "owned";
function attack() { return [] }
