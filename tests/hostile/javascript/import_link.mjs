// hostile 2: a static import of a link that leads out of the directory
// ends: unsupported

import secret from "./link.json" with { type: "json" };
export const attack = () => [secret];
