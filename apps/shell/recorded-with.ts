/** What a recording was made with, where the controls say something else: a link can ask for other settings. Short: every page loads it. */
import { isActive, type Parameter, type Schema } from '../runtime/schema.ts';
import { sameValue } from '../runtime/values.ts';

type Config = Readonly<Record<string, unknown>>;

function words(p: Parameter, value: unknown): string {
  if (p.type === 'boolean') return `${p.label} ${value ? 'on' : 'off'}`;
  return p.type === 'json' ? p.label : `${p.label} ${(p.type === 'enum' && p.names?.[value as string]) || value}`;
}

/** @returns a sentence that names the first three; empty where the controls say what the recording was made with */
export function recordedWith(schema: Schema, recorded: Config, config: Config): string {
  const other = Object.entries(schema)
    .filter(([key, p]) => key in recorded && isActive(schema, key, recorded) && !sameValue(p, recorded[key], config[key]))
    .map(([key, p]) => words(p, recorded[key]));
  return other[0] ? `Its own settings: ${other.slice(0, 3).join(', ')}${other[3] ? ', …' : '.'}` : '';
}
