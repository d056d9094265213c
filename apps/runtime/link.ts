/**
 * State in links: `#v=1&preset=full&rate=0.03&seed=7&lock=rate`. Only what differs from the preset is written. Reading never
 * throws: values out of range are clamped, unknown keys ignored, and both are reported as notes for the reader.
 */
import { type Parts, partsOf } from './parts.ts';
import { attributeOf, defaults, reservedKeys, type Schema } from './schema.ts';
import { readValue, sameValue, writeValue } from './values.ts';

export type Config = Readonly<Record<string, unknown>>;
export type Presets = Readonly<Record<string, { readonly values: Config }>>;

/** What a link needs to know of a lab. */
export interface LinkTarget {
  readonly version: number;
  readonly schema: Schema;
  readonly presets: Presets;
  readonly parts?: Parts;
}

export interface Note {
  readonly key: string;
  readonly message: string;
}

/** What a teacher's link may set beside the parameters. */
export interface TeacherKeys {
  /** Parameters and parts that are not shown; `*` hides all that change what is trained. */
  readonly hide: readonly string[];
  /** Parameters and parts that are shown but cannot be changed; `*` locks all that change what is trained. */
  readonly lock: readonly string[];
  /** Figure and transport bar only, for iframes. */
  readonly embed: boolean;
  /** Start when first visible. Off by default: nothing starts by itself. */
  readonly autostart: boolean;
}

export interface LinkState extends TeacherKeys {
  readonly preset: string;
  readonly config: Config;
}

export const noTeacherKeys: TeacherKeys = { hide: [], lock: [], embed: false, autostart: false };
export const defaultPreset = 'quick';

/** Name and content of a preset; falls back to `quick`. */
function choosePreset(target: LinkTarget, name: string | null, notes: Note[]): string {
  if (name === null) return defaultPreset;
  if (Object.hasOwn(target.presets, name)) return name;
  const known = Object.keys(target.presets).join(', ');
  notes.push({ key: 'preset', message: `'${name.slice(0, 40)}' is unknown (${known}); '${defaultPreset}' is used` });
  return defaultPreset;
}

/** The parameters and parts that `hide` or `lock` names, by key or as attributes are written; of the others a note. */
export function readTeacherKeys(
  target: Pick<LinkTarget, 'schema' | 'parts'>,
  name: 'hide' | 'lock',
  wanted: readonly string[],
): { keys: readonly string[]; notes: Note[] } {
  const keys: string[] = [];
  const notes: Note[] = [];
  const known = ['*', ...Object.keys(target.schema), ...Object.keys(partsOf(target.parts))];
  for (const word of wanted) {
    const key = known.includes(word) ? word : Object.keys(target.schema).find((k) => attributeOf(k) === word);
    if (key !== undefined) keys.push(key);
    else notes.push({ key: name, message: `'${word.slice(0, 40)}' is no parameter and no part of this lab; ignored` });
  }
  return { keys, notes };
}

/**
 * Reads the part of a URL after `#` (or `?`), with or without that character.
 * @returns the state, complete and within range, and notes about everything that was changed or ignored
 */
export function readLink(target: LinkTarget, hash: string): { state: LinkState; notes: Note[] } {
  const query = new URLSearchParams(hash.replace(/^[#?]/, ''));
  const notes: Note[] = [];
  const preset = choosePreset(target, query.get('preset'), notes);
  const base = defaults(target.schema, target.presets[preset]?.values);
  const config: Record<string, unknown> = { ...base };
  const version = query.get('v');
  if (version !== null && version !== String(target.version)) {
    notes.push({
      key: 'v',
      message: `this link was made for version ${version.slice(0, 12)} of the lab; this is version ${target.version}`,
    });
  }
  const seen = new Set<string>();
  for (const [key, raw] of query) {
    if (seen.has(key) || (reservedKeys as readonly string[]).includes(key)) continue;
    seen.add(key);
    const parameter = Object.hasOwn(target.schema, key) ? target.schema[key] : undefined;
    if (!parameter) {
      notes.push({ key: key.slice(0, 40), message: 'this lab has no such parameter; ignored' });
      continue;
    }
    const { value, note } = readValue(parameter, raw, base[key]);
    config[key] = value;
    if (note) notes.push({ key, message: note });
  }
  const keys = (name: 'hide' | 'lock') => {
    const read = readTeacherKeys(target, name, (query.get(name) ?? '').split(',').filter(Boolean));
    notes.push(...read.notes);
    return read.keys;
  };
  const flag = (name: string) => ['', '1', 'true'].includes(query.get(name) ?? '0');
  const state = { preset, config, hide: keys('hide'), lock: keys('lock'), embed: flag('embed'), autostart: flag('autostart') };
  return { state, notes };
}

/**
 * The shortest hash (without `#`) that readLink turns into this state.
 * @param options.seed write the seed even where it is the default: in links that are passed on
 */
export function writeLink(
  target: LinkTarget,
  state: Partial<LinkState> & { readonly config: Config },
  options: { seed?: boolean } = {},
): string {
  const preset = state.preset ?? defaultPreset;
  const base = defaults(target.schema, target.presets[preset]?.values);
  const parts: [string, string][] = [];
  if (preset !== defaultPreset) parts.push(['preset', preset]);
  for (const [key, parameter] of Object.entries(target.schema)) {
    if (!(key in state.config)) continue;
    const always = key === 'seed' && options.seed === true;
    if (always || !sameValue(parameter, state.config[key], base[key]))
      parts.push([key, writeValue(parameter, state.config[key])]);
  }
  if (state.hide?.length) parts.push(['hide', state.hide.join(',')]);
  if (state.lock?.length) parts.push(['lock', state.lock.join(',')]);
  if (state.embed) parts.push(['embed', '1']);
  if (state.autostart) parts.push(['autostart', '1']);
  if (parts.length === 0) return '';
  const query = new URLSearchParams([['v', String(target.version)], ...parts]);
  // Commas, colons and brackets are legal in a fragment, and links stay readable with them.
  return query
    .toString()
    .replace(/%2C/g, ',')
    .replace(/%3A/g, ':')
    .replace(/%5B/g, '[')
    .replace(/%5D/g, ']')
    .replace(/%2F/g, '/');
}
