// hostile 54: 200 bytes of types that take hours to read
// ends: bad-guest-data unsupported guest-error trap timeout

const x = @@TYPE_ARGUMENTS@@;
export const attack = (): unknown[] => [];
