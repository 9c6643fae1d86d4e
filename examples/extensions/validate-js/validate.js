// A plain script: its global functions are what the host can call. Nothing to build.
// The manifest is the five-key form that Hanzo Base reads.

function validate(input) {
  if (typeof input !== "object" || input === null) return refuse("input must be an object");
  const { email, age } = input;
  if (typeof email !== "string" || email === "") return refuse("email required");
  if (typeof age !== "number" || !(age >= 0 && age <= 150)) return refuse("age out of range");
  const address = lowerAscii(email.trim());
  const at = address.indexOf("@");
  if (at <= 0 || at === address.length - 1) return refuse("email shape");
  if (!address.includes(".", at)) return refuse("email domain");
  return { ok: true, email: address, age };
}

function refuse(error) {
  return { ok: false, error };
}

function lowerAscii(text) {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
