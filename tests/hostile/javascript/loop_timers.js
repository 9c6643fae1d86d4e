// hostile 21: timers that set each other for ever
// ends: timeout

function attack() { return new Promise(() => { (function f() { setTimeout(f, 0) })() }) }
