/** The bars of the labs' sources: what a finding must reach to be called reproduced. A lab that has some gives `barsOf` in its `bars.ts`. */

export interface Bar {
  readonly bar: string;
  readonly holds: boolean;
  readonly measured: string;
}

const modules = import.meta.glob<(result: never) => readonly Bar[]>('./*/bars.ts', { import: 'barsOf' });

/** @returns the bars that a result of this lab can be held to; none where the lab has none */
export async function measuredBars(lab: string, result: unknown): Promise<readonly Bar[]> {
  const barsOf = await modules[`./${lab}/bars.ts`]?.();
  return barsOf && result !== undefined ? barsOf(result as never) : [];
}
