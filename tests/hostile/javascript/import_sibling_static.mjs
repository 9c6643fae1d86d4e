// hostile 3: a static import of another extension's module
// ends: unsupported

import * as victim from "../victim/index.js";
export const attack = () => [Object.keys(victim)];
