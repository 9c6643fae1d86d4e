// hostile 21: jobs left behind that never end
// ends: timeout trap bad-guest-data guest-error

function attack() { (async () => { for (;;) await null })(); return new Promise(() => {}) }
