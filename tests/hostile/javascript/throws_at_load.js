// hostile 16: an error while it is loaded
// ends: guest-error trap bad-guest-data

Promise.reject(1);
throw new Error("at load");
