// hostile 2: a static import of a file outside, as text
// ends: unsupported

import secret from "@@SECRET_URL@@" with { type: "text" };
export const attack = () => [secret];
