// hostile 21: a promise that nobody keeps
// ends: timeout trap bad-guest-data guest-error

function attack() { return new Promise(() => {}) }
