/**
 * One training per page. A reader's wish takes the floor: whoever had it is paused and told. What starts or goes on by itself (autostart,
 * a lab that is seen again) waits until the floor is free. The floor is kept on `globalThis`, because two bundles on one page may each
 * bring this module.
 */

export interface Speaker {
  /** Pause, because another lab runs now. */
  yieldFloor(): void;
  /** The floor is free, for one that waited. */
  floorFree(): void;
}

interface Floor {
  holder: Speaker | undefined;
  waiting: Speaker[];
}

const key = Symbol.for('chalkgrad.floor.2');

function floor(): Floor {
  const page = globalThis as unknown as Record<symbol, Floor | undefined>;
  const known = page[key];
  if (known) return known;
  const fresh: Floor = { holder: undefined, waiting: [] };
  page[key] = fresh;
  return fresh;
}

/** For a reader's wish. */
export function takeFloor(speaker: Speaker): void {
  const all = floor();
  const { holder } = all;
  all.holder = speaker;
  all.waiting = all.waiting.filter((other) => other !== speaker);
  if (holder && holder !== speaker) holder.yieldFloor();
}

/** For what goes by itself. @returns whether the speaker has the floor now; if not, it will be told when it is free */
export function awaitFloor(speaker: Speaker): boolean {
  const all = floor();
  all.holder ??= speaker;
  if (all.holder === speaker) return true;
  if (!all.waiting.includes(speaker)) all.waiting.push(speaker);
  return false;
}

/** Gives the floor back, if the speaker has it, and waits for it no longer. */
export function leaveFloor(speaker: Speaker): void {
  const all = floor();
  all.waiting = all.waiting.filter((other) => other !== speaker);
  if (all.holder !== speaker) return;
  all.holder = undefined;
  // Whoever does not want it any more leaves it to the next.
  for (const next of [...all.waiting]) if (!all.holder) next.floorFree();
}
