// hostile 54: a file with 10,000 nested brackets
// ends: bad-guest-data unsupported guest-error trap timeout

const x = @@OPEN_BRACKETS@@1@@CLOSE_BRACKETS@@;
export const attack = (): unknown[] => [typeof x === "object" ? [] : x].slice(1);
