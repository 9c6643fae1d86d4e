// hostile 26: tens of thousands of exports, under names that are long
// ends: nothing timeout memory-limit guest-error

for (let i = 0; i < 50_000; i++) exports["f" + i] = () => i;
const long = "x".repeat(1e6);
exports[long] = () => [1];
Object.defineProperty(exports.f1, "name", { value: long });
exports.attack = () => { console.log(exports.f1, { [long]: 1 }); return [] };
