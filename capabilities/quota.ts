/** How many operations one extension may ask for. @module */

import type { CallBudget } from "./host_calls.ts";

/** The span over which operations are counted that come without the budget of a call. */
const WINDOW_MS = 1_000;

/** Counts operations: against the budget of their call, or else against the extension's second. */
export class OperationQuota {
  readonly #perWindow: number;
  readonly #window: CallBudget;
  #windowStart = -Infinity;

  constructor(operations: number) {
    this.#perWindow = operations;
    this.#window = { operations: 0 };
  }

  /** Takes one; `false` when none is left. */
  spend(budget: CallBudget = this.#window): boolean {
    if (budget.operations > 0) {
      budget.operations--;
      return true;
    }
    if (budget !== this.#window) return false;
    // The clock is read only when the count is used up: counting must cost nothing.
    const now = performance.now();
    if (now - this.#windowStart < WINDOW_MS) return false;
    this.#windowStart = now;
    budget.operations = this.#perWindow - 1;
    return true;
  }

  /** Whether this is the first refusal since the last operation; the others need not be told. */
  firstRefusal(budget: CallBudget = this.#window): boolean {
    if (budget.operations < 0) return false;
    budget.operations = -1;
    return true;
  }
}
