/** What a recording was made with, where the controls say something else: a link can ask for other settings than it has. */
import { formatCount, formatNumber } from '../components/shared/format.ts';
import { isActive, type Parameter, type Schema } from '../runtime/schema.ts';
import { sameValue } from '../runtime/values.ts';

type Config = Readonly<Record<string, unknown>>;

/** Settings that are named; others are counted. */
const NAMED = 3;

function words(p: Parameter, value: unknown): string {
  if (p.type === 'json' || p.type === 'string') return p.label;
  if (p.type === 'enum') return `${p.label} ${p.names?.[value as string] ?? value}`;
  if (p.type === 'boolean') return `${p.label} ${value ? 'on' : 'off'}`;
  const number = p.type === 'int' ? formatCount(value as number) : formatNumber(value as number);
  return `${p.label} ${number}${p.unit ? ` ${p.unit}` : ''}`;
}

/** @returns a sentence; empty where the controls say what the recording was made with */
export function recordedWith(schema: Schema, recorded: Config, config: Config): string {
  const differing = Object.entries(schema).filter(
    ([key, p]) => key in recorded && isActive(schema, key, recorded) && !sameValue(p, recorded[key], config[key]),
  );
  if (differing.length === 0) return '';
  const more = differing.length - NAMED;
  const named = differing.slice(0, NAMED).map(([key, p]) => words(p, recorded[key]));
  return `Recorded with other settings than the controls say: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}
