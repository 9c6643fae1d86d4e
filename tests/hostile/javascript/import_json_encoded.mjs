// hostile 2: a static import out of the directory, spelled with escapes
// ends: unsupported

import secret from "./%2e%2e/outside/secret.json" with { type: "json" };
export const attack = () => [secret];
