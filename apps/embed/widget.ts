/**
 * A lab as an anywidget (AFM) module: Jupyter, Colab, marimo, MyST. Model traits named like the lab's parameters (snake case or
 * as they are) set them and follow them; `config` does the same for all at once, `state` is written back.
 */

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

type Values = Record<string, unknown>;

interface LabLike extends HTMLElement {
  config: Values;
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** @param tag name of the lab's element, defined by the module that calls this */
export function widget(tag: string): Widget {
  return {
    render({ model, el }) {
      const lab = document.createElement(tag) as LabLike;
      /** The traits that stand for a parameter. */
      const traits = Object.keys(lab.config).flatMap((key) => [...new Set([key, snake(key)])].map((name) => ({ key, name })));
      const given = (value: unknown): boolean => value !== undefined && value !== null;
      const read = ({ key, name }: (typeof traits)[number]): Values => (given(model.get(name)) ? { [key]: model.get(name) } : {});
      const readConfig = (): Values => (model.get('config') as Values | null | undefined) ?? {};
      /** Our own changes come back as events: what they say the lab knows already, and later ones of the reader shall stand. */
      let writing = false;
      const take = (values: () => Values) => () => {
        if (writing) return;
        const news = Object.entries(values()).filter(([key, value]) => !same(lab.config[key], value));
        if (news.length > 0) lab.config = Object.fromEntries(news);
      };
      const write = (values: Values) => {
        const known = Object.entries(values).filter(
          ([name, value]) => model.get(name) !== undefined && !same(model.get(name), value),
        );
        if (known.length === 0) return;
        writing = true;
        for (const [name, value] of known) model.set(name, value);
        writing = false;
        model.save_changes();
      };
      const changed = () => {
        const { config } = lab;
        // A trait that was never given a value leaves its parameter to the reader, and is not given one now.
        const own = traits.filter(({ name }) => given(model.get(name))).map(({ key, name }) => [name, config[key]]);
        write({ config, ...Object.fromEntries(own) });
      };
      lab.addEventListener('lab-change', changed);
      lab.addEventListener('lab-state', (event) => write({ state: (event as CustomEvent<{ state: string }>).detail.state }));
      lab.config = { ...readConfig(), ...Object.assign({}, ...traits.map(read)) };
      const watched = new Map(traits.map((trait) => [`change:${trait.name}`, take(() => read(trait))]));
      watched.set('change:config', take(readConfig));
      for (const [name, callback] of watched) model.on(name, callback);
      el.append(lab);
      return () => {
        for (const [name, callback] of watched) model.off(name, callback);
        lab.remove();
      };
    },
  };
}
