/**
 * Waits for a thing to become true, asking every 50 ms. Rejects after `limit` milliseconds, saying what was awaited,
 * and at once when the question itself throws.
 */
export const until = async (what: string, limit: number, question: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + limit;
  while (!(await question())) {
    if (Date.now() > deadline) throw new Error(`not within ${limit} ms: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
};
