// CommonJS: the host calls what module.exports holds. Nothing to build.
// The manifest is the five-key form that Hanzo Base reads.
"use strict";

const MAX_AGE = 150;

function validate(input) {
  if (typeof input !== "object" || input === null) return refuse("input must be an object");
  if (typeof input.email !== "string" || input.email === "") return refuse("email required");
  if (!isAge(input.age)) return refuse("age out of range");
  const email = input.email.trim().replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const at = email.indexOf("@");
  if (at <= 0 || at === email.length - 1) return refuse("email shape");
  if (!email.includes(".", at)) return refuse("email domain");
  return { ok: true, email, age: input.age };
}

function isAge(age) {
  return typeof age === "number" && age >= 0 && age <= MAX_AGE;
}

function refuse(error) {
  return { ok: false, error };
}

module.exports = { validate };
