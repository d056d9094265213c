/** Holds a run to the checkpoint that it goes on from: the lab that wrote it, its settings, and what it must have. */
import { ConfigError, DataFormatError } from '../../engine/errors.ts';
import { isFiniteNumber, isRecord, parseJson } from '../../engine/json.ts';

type Settings = Readonly<Record<string, unknown>>;

/**
 * Holds a run to the settings of the checkpoint that it goes on from.
 * @param free may differ: live parameters, and what only says how long or what is shown
 * @throws ConfigError naming the first setting that differs, or the lab that wrote the file
 */
export function requireSettings(lab: string, config: Settings, notes: Settings, free: readonly string[]): void {
  if (notes.lab !== lab)
    throw new ConfigError(
      'checkpoint',
      `it was written by ${notes.lab ? `the lab '${notes.lab}'` : 'no lab'}; this one is '${lab}'.`,
    );
  const written = isRecord(notes.config) ? notes.config : {};
  for (const [key, mine] of Object.entries(config)) {
    if (free.includes(key) || !(key in written)) continue;
    const [a, b] = [JSON.stringify(mine), JSON.stringify(written[key])];
    if (a !== b) throw new ConfigError(key, `this run has ${a}, the checkpoint ${b}. Resume with the settings it was made with.`);
  }
}

/** For a checkpoint of this lab that lacks what a run goes on with, or has it in a form that none would write. */
export const damaged = (expected: string): DataFormatError => new DataFormatError('checkpoint', 8, expected);

/** Whether this is a list of finite numbers. */
export const isNumbers = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(isFiniteNumber);

/** What a file's metadata hold as JSON under a key; nothing where they lack it. @throws DataFormatError where it is no JSON object */
export function jsonOf(metadata: Readonly<Record<string, string>>, key: string): Settings {
  const what = `a JSON object in the metadata '${key}'`;
  const value = parseJson(metadata[key] ?? '{}', 'checkpoint', 8, what);
  if (!isRecord(value)) throw damaged(what);
  return value;
}
