export const more = 0;
