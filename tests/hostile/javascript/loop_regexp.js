// hostile 21: a regular expression that backtracks for ever
// ends: timeout

function attack() { return [/^(a+)+$/.test("a".repeat(60) + "b")] }
