/** Text that is equal for equal options: data by its content, functions and other objects by being the same. @module */

/** Numbers of what has been seen: nothing about a function but itself tells it from another. */
const numbers = new WeakMap<object, number>();
let last = 0;

function numberOf(value: object): number {
  const known = numbers.get(value);
  if (known !== undefined) return known;
  numbers.set(value, ++last);
  return last;
}

/** Whether JSON shows everything of an object. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

/** The text of `value`; a cycle of plain objects is an error, as in JSON. */
export function identityOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    switch (typeof inner) {
      case "function":
        return { function: numberOf(inner) };
      case "bigint":
        return { bigint: String(inner) };
      case "object":
        return inner === null || isPlain(inner) ? inner : { object: numberOf(inner) };
      default:
        return inner;
    }
  });
}
