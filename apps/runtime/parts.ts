/** What teachers' links can hide or lock besides parameters: parts of a lab that no control of the schema stands for. */

export interface Part {
  /** What a teacher sees, lower case: `digit pad`. */
  readonly label: string;
  /** Changes nothing that is trained: `*` leaves it alone, only its own name reaches it. */
  readonly free?: true;
}

export type Parts = Readonly<Record<string, Part>>;

/** Parts that every lab has. */
export const commonParts: Parts = {
  preset: { label: 'list of presets' },
  speed: { label: 'steps and speed', free: true },
  background: { label: 'keep running when out of sight', free: true },
  teachers: { label: 'button “For teachers…”', free: true },
};

/** All parts of a lab. */
export const partsOf = (own: Parts = {}): Parts => ({ ...commonParts, ...own });

/** Whether a `hide` or `lock` list names this parameter or part. */
export const lists = (keys: readonly string[], name: string, parts: Parts = {}): boolean =>
  keys.includes(name) || (keys.includes('*') && parts[name]?.free !== true);
