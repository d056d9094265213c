/** A math card that the build cannot make: wrong TeX, a missing file, or a term without partners. */
export class MathCardError extends Error {
  override name = 'MathCardError';
  constructor(card: string, problem: string) {
    super(`math card '${card}': ${problem}`);
  }
}
