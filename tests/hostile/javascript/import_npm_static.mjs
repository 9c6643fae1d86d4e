// hostile 4: a static import of a package
// ends: unsupported

import pad from "npm:left-pad";
export const attack = () => [pad];
