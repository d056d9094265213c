/**
 * One schema per lab. It generates the controls, the parser and validator of URLs and command lines, the attributes of the
 * element and the table in the documentation. Plain data; no DOM.
 */

/** A term of a math card, `card/term`: `adam/eta`. */
export type TermRef = `${string}/${string}`;

/** `live`: taken over by a run in progress at its next step. `restart`: the run starts anew with it. */
export type Applies = 'live' | 'restart';

interface Common {
  /** What a reader sees, lower case: `learning rate`. */
  readonly label: string;
  /** The symbol of this parameter in the equations, in plain text with `_` for an index (`η`, `β_1`). */
  readonly symbol?: string;
  /**
   * The terms of the lab's math cards that this parameter is: pointing at either marks both. Each must have the parameter's symbol; the
   * build checks it. Without one the symbol is only shown.
   */
  readonly term?: TermRef | readonly TermRef[];
  /** One or two sentences: what it does, what to try. */
  readonly help?: string;
  /** Heading under which the control stands; parameters without one stand first. */
  readonly group?: string;
  readonly live: Applies;
  /** The control is shown only where another parameter has one of these values. */
  readonly when?: { readonly key: string; readonly is: readonly (string | number | boolean)[] };
  /** Not shown as a control (still in URL, command line and attributes): for what is edited in the figure itself. */
  readonly hidden?: boolean;
}

export interface NumberParameter extends Common {
  readonly type: 'number' | 'int';
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** `log` needs min > 0, or min = 0 with `smallest`. */
  readonly scale?: 'linear' | 'log';
  /** Logarithmic scale with min = 0: the smallest value above zero; the slider's left end is then exactly 0. */
  readonly smallest?: number;
  readonly step?: number;
  readonly unit?: string;
}

export interface BooleanParameter extends Common {
  readonly type: 'boolean';
  readonly default: boolean;
}

export interface EnumParameter<V extends string = string> extends Common {
  readonly type: 'enum';
  readonly default: V;
  readonly values: readonly V[];
  /** Names for the reader, by value; without one the value itself is shown. */
  readonly names?: Readonly<Partial<Record<V, string>>>;
}

export interface StringParameter extends Common {
  readonly type: 'string';
  readonly default: string;
  readonly maxLength: number;
}

export interface JsonParameter<T = unknown> extends Common {
  readonly type: 'json';
  readonly default: T;
  /**
   * Checks and completes a value from a URL or a file.
   * @throws Error saying what is wrong with it
   */
  readonly parse: (value: unknown) => T;
}

export type Parameter = NumberParameter | BooleanParameter | EnumParameter | StringParameter | JsonParameter;
export type Schema = Readonly<Record<string, Parameter>>;

/** The TypeScript type of a parameter's value. */
export type ValueOf<P> = P extends { type: 'number' | 'int' }
  ? number
  : P extends { type: 'boolean' }
    ? boolean
    : P extends EnumParameter<infer V>
      ? V
      : P extends { type: 'string' }
        ? string
        : P extends JsonParameter<infer T>
          ? T
          : never;

/** The configuration record that a schema describes. */
export type ConfigOf<S> = { readonly [K in keyof S]: ValueOf<S[K]> };

type Spec<P extends Parameter> = Omit<P, 'type'>;

/** A real number between `min` and `max`. */
export const number = (spec: Spec<NumberParameter>): NumberParameter => ({ type: 'number', ...spec });
/** An integer between `min` and `max`. */
export const int = (spec: Spec<NumberParameter>): NumberParameter => ({ type: 'int', ...spec });
/** On or off. */
export const boolean = (spec: Spec<BooleanParameter>): BooleanParameter => ({ type: 'boolean', ...spec });
/** One of a few named values. */
export const choice = <const V extends string>(
  values: readonly V[],
  spec: Omit<Spec<EnumParameter<V>>, 'values'>,
): EnumParameter<V> => ({
  type: 'enum',
  values,
  ...spec,
});
/** Free text of bounded length. */
export const text = (spec: Spec<StringParameter>): StringParameter => ({ type: 'string', ...spec });
/** A structured value (points, a layer list) with its own check. */
export const json = <T>(spec: Spec<JsonParameter<T>>): JsonParameter<T> => ({ type: 'json', ...spec });

/** The seed that every lab has: all random streams of a run derive from it. */
export const seedParameter: NumberParameter = int({
  default: 1,
  min: 0,
  max: 4294967295,
  label: 'seed',
  help: 'All random numbers of a run derive from it. The same seed on the same device gives the same bits.',
  live: 'restart',
  hidden: true,
});

/** Keys with a meaning of their own in URLs; no parameter may have them. */
export const reservedKeys = ['v', 'preset', 'hide', 'lock', 'embed', 'autostart'] as const;

/**
 * A schema with `seed` added, checked once when the lab is loaded.
 * @throws Error naming the parameter whose default, range or name is wrong
 */
export function defineSchema<const S extends Schema>(parameters: S): S & { readonly seed: NumberParameter } {
  const schema = { ...parameters, seed: parameters.seed ?? seedParameter };
  for (const [key, p] of Object.entries(schema) as [string, Parameter][]) {
    const fail = (why: string): never => {
      throw new Error(`parameter '${key}': ${why}`);
    };
    if (!/^[a-z][A-Za-z0-9]*$/.test(key)) fail('keys are camelCase letters and digits');
    if ((reservedKeys as readonly string[]).includes(key)) fail('the key is reserved for links');
    if (p.type === 'number' || p.type === 'int') {
      if (!(p.min <= p.default && p.default <= p.max)) fail(`default ${p.default} is outside ${p.min} … ${p.max}`);
      if (p.type === 'int' && !Number.isInteger(p.default)) fail('default is no integer');
      const least = p.min > 0 ? p.min : (p.smallest ?? 0);
      if (p.scale === 'log' && least <= 0) fail('a logarithmic scale needs min > 0, or min = 0 and `smallest`');
    }
    if (p.type === 'enum' && !p.values.includes(p.default)) fail(`default '${p.default}' is not among its values`);
    if (p.when && !(p.when.key in schema)) fail(`depends on unknown '${p.when.key}'`);
  }
  return schema as S & { readonly seed: NumberParameter };
}

/** The schema's defaults, overlaid by a preset. */
export function defaults<S extends Schema>(schema: S, preset: Partial<ConfigOf<S>> = {}): ConfigOf<S> {
  const config: Record<string, unknown> = {};
  for (const [key, p] of Object.entries(schema)) config[key] = p.default;
  return { ...config, ...preset } as ConfigOf<S>;
}

/** Whether the control of `key` has a meaning under this configuration. */
export function isActive(schema: Schema, key: string, config: Readonly<Record<string, unknown>>): boolean {
  const when = schema[key]?.when;
  if (!when) return true;
  return when.is.includes(config[when.key] as string) && isActive(schema, when.key, config);
}

/** The terms that a parameter names. */
export const termsOf = ({ term = [] }: Parameter): readonly TermRef[] => (typeof term === 'string' ? [term] : term);

/** Attributes that every lab element or every HTML element has. */
const taken = 'hidden title style class id lang dir slot part name role theme page device parallel'.split(' ');

/** The attribute that sets a parameter: its key in kebab-case, with `param-` before it where HTML or the element uses that name. */
export function attributeOf(key: string): string {
  const name = key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
  return taken.includes(name) ? `param-${name}` : name;
}
