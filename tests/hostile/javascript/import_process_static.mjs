// hostile 7: a static import of a module of the platform
// ends: unsupported

import process from "node:process";
export const attack = () => [process.pid];
