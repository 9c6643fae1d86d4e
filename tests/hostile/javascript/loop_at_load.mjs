// hostile 21: a module that is never evaluated
// ends: timeout trap bad-guest-data guest-error

export const attack = await new Promise(() => {});
