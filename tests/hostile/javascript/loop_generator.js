// hostile 21: an iterator without an end, spread
// ends: timeout

function attack() { const g = { *[Symbol.iterator]() { for (;;) {} } }; return [...g] }
