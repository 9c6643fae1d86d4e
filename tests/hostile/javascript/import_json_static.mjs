// hostile 2: a static import of data outside, through the parent directory
// ends: unsupported

import secret from "../outside/secret.json" with { type: "json" };
export const attack = () => [secret];
