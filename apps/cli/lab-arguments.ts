/** The arguments of `npm run lab`, checked against the lab's schema. */
import type { AnyDefinition, Preset } from '../runtime/experiment.ts';
import type { Parameter } from '../runtime/schema.ts';
import { readValue, writeValue } from '../runtime/values.ts';

export interface LabArguments {
  readonly help: boolean;
  readonly preset: string;
  readonly device: string;
  readonly tune: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly json?: string;
  readonly record?: string;
  readonly checkpoint?: string;
  readonly save?: string;
  readonly files?: string;
  readonly steps?: number;
  /** The folder of a run in legs, and the minutes that this one may take. */
  readonly legs?: string;
  readonly minutes: number;
  /** Seeds to run one after another; absent: one run with the seed of `config`. */
  readonly seeds?: readonly number[];
  /** Own images, an archive of them, or another lab's checkpoints: files and folders. */
  readonly given: readonly string[];
  readonly recordEvery?: number;
  /** What was clamped. */
  readonly notes: readonly string[];
  /** What makes a run impossible. */
  readonly errors: readonly string[];
}

const valued = [
  'preset',
  'seed',
  'device',
  'tune',
  'json',
  'record',
  'checkpoint',
  'save',
  'files',
  'steps',
  'record-every',
  'seeds',
  'give',
  'set',
  'legs',
  'minutes',
] as const;
type Option = (typeof valued)[number];

/** Of a leg, where nothing else is said: two hours with room for what follows the last checkpoint. */
const LEG_MINUTES = 110;

/** `--key value`, `--key=value` and bare `key=value` are understood. */
function* options(args: readonly string[], errors: string[]): Generator<readonly [Option, string]> {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (!arg.startsWith('--')) {
      if (arg.includes('=')) yield ['set', arg];
      else errors.push(`'${arg}' is no option`);
      continue;
    }
    const [name, inline] = splitOnce(arg.slice(2));
    if (!(valued as readonly string[]).includes(name)) {
      errors.push(`--${name} is no option`);
      continue;
    }
    const value = inline ?? args[++i];
    if (value === undefined) errors.push(`--${name} needs a value`);
    else yield [name as Option, value];
  }
}

function splitOnce(text: string): readonly [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

export function parseLabArguments(definition: AnyDefinition, args: readonly string[]): LabArguments {
  const errors: string[] = [];
  const notes: string[] = [];
  const help = args.includes('--help');
  const config: Record<string, unknown> = {};
  const found: Partial<Record<Option, string>> = {};
  const given: string[] = [];
  const set = (key: string, raw: string | undefined) => {
    const parameter = Object.hasOwn(definition.schema, key) ? (definition.schema[key] as Parameter) : undefined;
    if (!parameter || raw === undefined) {
      errors.push(parameter ? `--set ${key} needs a value: --set ${key}=…` : `this lab has no parameter '${key}'; see --help`);
      return;
    }
    const { value, note } = readValue(parameter, raw, parameter.default);
    config[key] = value;
    if (note) notes.push(`${key}: ${note}`);
  };
  for (const [name, value] of options(help ? [] : args, errors)) {
    if (name === 'set') set(...splitOnce(value));
    else if (name === 'seed') set('seed', value);
    else if (name === 'give') given.push(value);
    else found[name] = value;
  }
  const { preset = 'quick', device = 'auto', tune = 'off', steps, json, record, checkpoint, save, files, legs } = found;
  const every = found['record-every'];
  if (!Object.hasOwn(definition.presets, preset)) {
    errors.push(`'${preset}' is no preset of this lab: ${Object.keys(definition.presets).join(', ')}`);
  }
  if (!['auto', 'webgpu', 'wasm', 'cpu'].includes(device)) errors.push(`'${device}' is no device: auto, webgpu, wasm, cpu`);
  if (!['off', 'stored', 'measure', 'force'].includes(tune)) {
    errors.push(`--tune ${tune} is none of off, stored, measure, force`);
  }
  if (steps !== undefined && !(Number.isInteger(Number(steps)) && Number(steps) > 0))
    errors.push(`--steps ${steps} is no number of steps`);
  if (every !== undefined && !(Number(every) >= 0)) errors.push(`--record-every ${every} is no number of milliseconds`);
  const seeds = found.seeds?.split(',').map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  if (seeds?.some((seed) => !Number.isSafeInteger(seed) || seed < 0))
    errors.push(`--seeds ${found.seeds} is no list of whole numbers, such as 1,2,3`);
  const minutes = Number(found.minutes ?? LEG_MINUTES);
  if (!(minutes > 0)) errors.push(`--minutes ${found.minutes} is no time`);
  if (found.minutes !== undefined && legs === undefined) errors.push('--minutes is of a leg: give --legs FOLDER too');
  if (legs !== undefined && (record !== undefined || steps !== undefined || files !== undefined))
    errors.push('--record, --steps and --files are of a run in one piece: not with --legs');
  if (legs !== undefined && checkpoint !== undefined && seeds) errors.push('--checkpoint is of one seed: give one --seed');
  if (seeds && 'seed' in config) errors.push('--seeds and a seed of its own exclude each other: give one of them');
  if (every !== undefined && record === undefined) errors.push('--record-every is of a recording: give --record FILE too');
  if (seeds && record !== undefined) errors.push('--record shows one run: give one --seed');
  return {
    help,
    given,
    ...(seeds ? { seeds } : {}),
    preset,
    device,
    tune,
    config,
    minutes,
    notes,
    errors,
    ...(legs === undefined ? {} : { legs }),
    ...(json === undefined ? {} : { json }),
    ...(record === undefined ? {} : { record }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(save === undefined ? {} : { save }),
    ...(files === undefined ? {} : { files }),
    ...(every === undefined ? {} : { recordEvery: Number(every) }),
    ...(steps === undefined ? {} : { steps: Number(steps) }),
  };
}

/** The lab's parameters as a Markdown table: key, what it is, default, range, when it takes effect. */
export function parameterTable(definition: AnyDefinition): string {
  const rows = (Object.entries(definition.schema) as [string, Parameter][]).map(([key, p]) => {
    const what = p.symbol ? `${p.label} (${p.symbol})` : p.label;
    return `| \`${key}\` | ${what} | ${shorten(writeValue(p, p.default))} | ${range(p)} | ${p.live} |`;
  });
  const differences = Object.entries(definition.presets as Readonly<Record<string, Preset>>).map(([name, { values }]) => {
    const parts = Object.entries(values).map(
      ([key, value]) => `${key}=${shorten(writeValue(definition.schema[key] as Parameter, value))}`,
    );
    return `- \`${name}\`: ${parts.join(', ') || 'the defaults'}`;
  });
  return `| key | parameter | default | range | takes effect |\n|---|---|---|---|---|\n${rows.join('\n')}\n\nPresets:\n${differences.join('\n')}`;
}

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 37)}…` : text);

function range(p: Parameter): string {
  switch (p.type) {
    case 'number':
    case 'int':
      return `${p.min} … ${p.max}${p.unit ? ` ${p.unit}` : ''}${p.scale === 'log' ? ', logarithmic' : ''}`;
    case 'boolean':
      return '0, 1';
    case 'enum':
      return p.values.join(', ');
    case 'string':
      return `text, ≤ ${p.maxLength}`;
    case 'json':
      return 'JSON';
  }
}
