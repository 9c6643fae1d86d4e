export const attack = () => airlock.env.get("AIRLOCK_HOSTILE");
