import "./more.js";
export const attack = () => airlock.env.get("AIRLOCK_HOSTILE");
