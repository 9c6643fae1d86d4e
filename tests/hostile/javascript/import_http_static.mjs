// hostile 5: a static import from a loopback address
// ends: unsupported

import x from "@@SERVER@@/x.js";
export const attack = () => [x];
