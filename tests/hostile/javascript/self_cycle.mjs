// hostile 26: a module that waits for itself
// ends: timeout guest-error trap bad-guest-data

import * as self from "./index.mjs";
const wait = { then(resolve) { queueMicrotask(() => resolve(Object.keys(self).length > 5 ? 1 : wait)) } };
export const attack = await wait;
