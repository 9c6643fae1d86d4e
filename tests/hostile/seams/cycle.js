export const run = async () => {
  try {
    return new TextDecoder().decode(
      await airlock.extensions.call(airlock.config.next, "run", "null"),
    );
  } catch (error) {
    return error.code;
  }
};
