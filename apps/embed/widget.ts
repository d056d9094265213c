/**
 * A lab as an anywidget (AFM) module: Jupyter, Colab, marimo, MyST. Model traits named like the lab's parameters (snake case or as they
 * are) set its controls and follow them; so does `config`, for several at once. Of the run come back: `state`, `config` with the settings
 * that it is made with (until there is a run: what the controls say), and `result`.
 */
import type { LabChange, LabStateChange } from '../shell/lab-events.ts';

/** What the anywidget host gives; the part of its model that is used here. */
export interface WidgetModel {
  get(key: string): unknown;
  /** Fires `change:<key>`, at once or later, where the value is another. */
  set(key: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
}

export interface Widget {
  render(context: { model: WidgetModel; el: HTMLElement }): () => void;
}

type Values = Readonly<Record<string, unknown>>;

/** What is used of a lab's element. */
interface LabLike extends HTMLElement {
  config: Values;
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const given = (value: unknown): boolean => value !== undefined && value !== null;

/** @param tag name of the lab's element, defined by the module that calls this */
export function widget(tag: string): Widget {
  return {
    render({ model, el }) {
      const lab = document.createElement(tag) as LabLike;
      /** The traits that stand for a parameter. */
      const traits = Object.keys(lab.config).flatMap((key) => [...new Set([key, snake(key)])].map((name) => ({ key, name })));
      const read = ({ key, name }: (typeof traits)[number]): Values => (given(model.get(name)) ? { [key]: model.get(name) } : {});
      const readConfig = (): Values => (model.get('config') as Values | null | undefined) ?? {};
      /** What was written last, by trait: it comes back as an event, at once or later, and is no wish of the notebook. */
      const written = new Map<string, unknown>();
      const take = (name: string, values: () => Values) => () => {
        if (written.has(name) && same(model.get(name), written.get(name))) return;
        written.delete(name);
        const news = Object.entries(values()).filter(([key, value]) => !same(lab.config[key], value));
        if (news.length > 0) lab.config = Object.fromEntries(news);
      };
      const write = (values: Values) => {
        const known = Object.entries(values).filter(
          ([name, value]) => model.get(name) !== undefined && !same(model.get(name), value),
        );
        if (known.length === 0) return;
        for (const [name, value] of known) {
          written.set(name, value);
          model.set(name, value);
        }
        model.save_changes();
      };
      let started = false;
      const changed = ({ detail }: CustomEvent<LabChange>) => {
        // A trait that was never given a value leaves its parameter to the reader, and is not given one now.
        const own = traits.filter(({ name }) => given(model.get(name))).map(({ key, name }) => [name, detail.config[key]]);
        write({ ...Object.fromEntries(own), ...(!started && { config: detail.config }) });
      };
      const told = ({ detail: { state, config, result } }: CustomEvent<LabStateChange>) => {
        started = true;
        write({ state, config, result: result ?? null });
      };
      lab.addEventListener('chalk-change', changed);
      lab.addEventListener('chalk-state', told);
      lab.config = { ...readConfig(), ...Object.assign({}, ...traits.map(read)) };
      const watched = new Map(traits.map((trait) => [trait.name, take(trait.name, () => read(trait))]));
      watched.set('config', take('config', readConfig));
      for (const [name, callback] of watched) model.on(`change:${name}`, callback);
      el.append(lab);
      return () => {
        for (const [name, callback] of watched) model.off(`change:${name}`, callback);
        lab.remove();
      };
    },
  };
}
