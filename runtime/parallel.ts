/** Runs tasks side by side, a few at a time, or one after the other. @module */

/** Directories that are looked at side by side: what many wait for is told in one turn. */
export const PARALLEL_LOOKS = 32;

/** Runs `tasks` with at most `limit` at a time; results in the order of the tasks. */
export async function inParallel<T>(
  tasks: readonly (() => T | Promise<T>)[],
  limit: number,
): Promise<T[]> {
  const results: T[] = new Array(tasks.length);
  let next = 0;
  async function work(): Promise<void> {
    for (let i = next++; i < tasks.length; i = next++) {
      const task = tasks[i];
      if (task) results[i] = await task();
    }
  }
  await Promise.all(Array.from({ length: limit }, work));
  return results;
}

/** Gives a function that runs each task once those before it have settled. */
export function oneAtATime(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const mine = last.then(task);
    last = mine.catch(() => {});
    return mine;
  };
}
