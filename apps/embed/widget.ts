/**
 * A lab as an anywidget (AFM) module: Jupyter, Colab, marimo, MyST. Model traits named like the lab's parameters (snake case or
 * as they are) are read; `config` and `state` are written back where the model has them.
 */

/** What the anywidget host gives; the part of its model that is used here. */
export interface WidgetModel {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
}

export interface Widget {
  render(context: { model: WidgetModel; el: HTMLElement }): () => void;
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

interface LabLike extends HTMLElement {
  config: Record<string, unknown>;
}

/** @param tag name of the lab's element, defined by the module that calls this */
export function widget(tag: string): Widget {
  return {
    render({ model, el }) {
      const lab = document.createElement(tag) as LabLike;
      const read = () => {
        const keys = Object.keys(lab.config);
        const given = keys.flatMap((key) => {
          const value = model.get(key) ?? model.get(snake(key));
          return value === undefined || value === null ? [] : [[key, value] as const];
        });
        lab.config = { ...((model.get('config') as object | undefined) ?? {}), ...Object.fromEntries(given) };
      };
      const write = (key: string, value: unknown) => {
        if (model.get(key) === undefined) return;
        model.set(key, value);
        model.save_changes();
      };
      const keys = Object.keys(lab.config).flatMap((key) => [`change:${key}`, `change:${snake(key)}`]);
      const watched = [...new Set([...keys, 'change:config'])];
      lab.addEventListener('lab-change', (event) => write('config', (event as CustomEvent<{ config: unknown }>).detail.config));
      lab.addEventListener('lab-state', (event) => write('state', (event as CustomEvent<{ state: string }>).detail.state));
      read();
      for (const name of watched) model.on(name, read);
      el.append(lab);
      return () => {
        for (const name of watched) model.off(name, read);
        lab.remove();
      };
    },
  };
}
