/** The keys of a list of tabs: arrows go round, Home and End jump (WAI-ARIA, *Tabs*). Undefined where the key has no meaning here. */
export function tabByKey(key: string, at: number, count: number): number | undefined {
  if (count === 0) return undefined;
  const moves: Record<string, number> = {
    ArrowLeft: (at - 1 + count) % count,
    ArrowRight: (at + 1) % count,
    Home: 0,
    End: count - 1,
  };
  return moves[key];
}
