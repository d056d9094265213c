/**
 * One training per page. Whoever starts takes the floor, and who had it is paused and told. The floor is kept on `globalThis`,
 * because two bundles on one page may each bring this module.
 */

export interface Speaker {
  /** Pause, because another lab runs now. */
  yieldFloor(): void;
}

interface Floor {
  holder: Speaker | undefined;
}

const key = Symbol.for('chalkgrad.floor.1');

function floor(): Floor {
  const page = globalThis as unknown as Record<symbol, Floor | undefined>;
  const known = page[key];
  if (known) return known;
  const fresh: Floor = { holder: undefined };
  page[key] = fresh;
  return fresh;
}

export function takeFloor(speaker: Speaker): void {
  const { holder } = floor();
  floor().holder = speaker;
  if (holder && holder !== speaker) holder.yieldFloor();
}

/** Gives the floor back, if the speaker has it. */
export function leaveFloor(speaker: Speaker): void {
  if (floor().holder === speaker) floor().holder = undefined;
}
