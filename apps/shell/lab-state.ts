/** What the reader (or a link, or attributes) has set in a lab: parameters, preset, teacher's keys. No rendering, no run. */
import { type AnyDefinition, presetValues } from '../runtime/experiment.ts';
import {
  type Config,
  defaultPreset,
  type LinkState,
  type Note,
  noTeacherKeys,
  readTeacherKeys,
  type TeacherKeys,
  writeLink,
} from '../runtime/link.ts';
import { lists, type Parts, partsOf } from '../runtime/parts.ts';
import { attributeOf, defaults, type Parameter } from '../runtime/schema.ts';
import { checkValue, readValue, sameValue } from '../runtime/values.ts';

const listOf = (text: string | null): string[] => (text ?? '').split(/[\s,]+/).filter(Boolean);

export class LabState {
  readonly definition: AnyDefinition;
  readonly #parts: Parts;
  config: Config;
  preset = defaultPreset;
  teacher: TeacherKeys = noTeacherKeys;
  /** What had to be changed in a link or an attribute, for the reader. */
  notes: readonly Note[] = [];

  constructor(definition: AnyDefinition) {
    this.definition = definition;
    this.#parts = partsOf(definition.parts);
    this.config = this.base;
  }

  /** Attributes of the element that set something here. */
  static attributes(definition: AnyDefinition): string[] {
    return ['preset', 'hide', 'lock', ...Object.keys(definition.schema).map(attributeOf)];
  }

  /** The values that a run in progress takes over. */
  get liveConfig(): Config {
    return Object.fromEntries(Object.entries(this.config).filter(([key]) => this.definition.schema[key]?.live === 'live'));
  }

  /** The values of the preset: what reset brings back. */
  get base(): Config {
    return defaults(this.definition.schema, presetValues(this.definition, this.preset)) as Config;
  }

  get linkState(): LinkState {
    return { preset: this.preset, config: this.config, ...this.teacher };
  }

  /** Takes values over, checked; unknown keys are ignored. */
  assign(values: Config): void {
    const next: Record<string, unknown> = { ...this.config };
    for (const [key, value] of Object.entries(values)) {
      const parameter = this.definition.schema[key];
      if (parameter) next[key] = checkValue(parameter, value, this.config[key] ?? parameter.default).value;
    }
    this.config = next;
  }

  /** Whether this parameter or part is not shown. */
  hides(name: string): boolean {
    return lists(this.teacher.hide, name, this.#parts);
  }

  /** Whether this parameter or part cannot be changed: locked, or not shown. */
  fixes(name: string): boolean {
    return this.hides(name) || lists(this.teacher.lock, name, this.#parts);
  }

  /** Takes over what the reader changed, by whatever control: what is locked or hidden keeps its value. */
  change(values: Config): void {
    this.assign(Object.fromEntries(Object.entries(values).filter(([key]) => !this.fixes(key))));
  }

  /** Labels of the parameters that are locked or hidden with other values than these. */
  refused(values: Config): string[] {
    return (Object.entries(this.definition.schema) as [string, Parameter][])
      .filter(([key, p]) => key in values && this.fixes(key) && !sameValue(p, values[key], this.config[key]))
      .map(([, p]) => p.label);
  }

  /**
   * @param reader the reader chose it: what is locked or hidden keeps its value
   * @returns false where the lab has no such preset
   */
  choosePreset(name: string, reader = false): boolean {
    if (!Object.hasOwn(this.definition.presets, name)) return false;
    this.preset = name;
    this.resetAll(reader);
    return true;
  }

  /** The preset's values everywhere; the seed stays. */
  resetAll(reader = false): void {
    const values = { ...this.base, seed: this.config.seed };
    if (reader) this.change(values);
    else this.assign(values);
  }

  /** Everything as a link says. */
  take(state: LinkState, notes: readonly Note[]): void {
    const { preset, config, hide, lock, embed, autostart } = state;
    this.preset = preset;
    this.teacher = { hide, lock, embed, autostart };
    this.notes = notes;
    this.assign(config);
  }

  /**
   * One attribute has changed.
   * @param others reads the element's other attributes: they stand above a preset, whatever their order
   */
  readAttribute(name: string, value: string | null, others: (name: string) => string | null): void {
    if (name === 'hide' || name === 'lock') {
      const { keys, notes } = readTeacherKeys(this.definition, name, listOf(value));
      this.teacher = { ...this.teacher, [name]: keys };
      this.notes = [...this.notes.filter((n) => n.key !== name), ...notes];
    } else if (name === 'preset') {
      if (!this.choosePreset(value ?? defaultPreset)) this.#note('preset', `'${value}' is unknown; '${this.preset}' is used`);
      for (const key of Object.keys(this.definition.schema)) {
        const given = others(attributeOf(key));
        if (given !== null) this.#readParameter(key, given);
      }
    } else {
      const key = Object.keys(this.definition.schema).find((k) => attributeOf(k) === name);
      if (key !== undefined) this.#readParameter(key, value);
    }
  }

  #readParameter(key: string, text: string | null): void {
    const base = this.base[key];
    const { value, note } = text === null ? { value: base } : readValue(this.definition.schema[key] as Parameter, text, base);
    this.notes = this.notes.filter((n) => n.key !== key);
    if (note) this.#note(key, note);
    this.assign({ [key]: value });
  }

  #note(key: string, message: string): void {
    this.notes = [...this.notes.filter((n) => n.key !== key), { key, message }];
  }

  /** The hash of a link that is passed on: with the seed, and with these teacher's keys alone. */
  hash(teacher: Partial<TeacherKeys>): string {
    return writeLink(this.definition, { ...this.linkState, ...noTeacherKeys, ...teacher }, { seed: true });
  }

  /** Labels of the parameters that a run was started with other values of, and that wait for a restart. */
  pending(applied: Config | undefined): string[] {
    if (!applied) return [];
    return (Object.entries(this.definition.schema) as [string, Parameter][])
      .filter(([key, p]) => p.live === 'restart' && !sameValue(p, applied[key], this.config[key]))
      .map(([, p]) => p.label);
  }
}
