/** What is chosen at the gallery itself: methods, the layers that are explained, the opacity of the maps. */
import { html, nothing, type TemplateResult } from 'lit';
import { METHOD_NAMES, type MethodName } from '../../../engine/explain/method-names.ts';
import type { LayerFacts, SubjectFacts } from './experiment.ts';

export interface ChoicesState {
  readonly methods: readonly MethodName[];
  readonly methodsFixed: boolean;
  readonly chooseMethods: (methods: readonly MethodName[]) => void;
  /** The layers, and what is chosen of them; not shown where a teacher hides it. */
  readonly subject: SubjectFacts | undefined;
  readonly layers: readonly LayerChoice[];
  readonly opacity: number;
  readonly chooseOpacity: (opacity: number) => void;
  /** The method that is being computed; empty: none. */
  readonly busy: string;
  readonly failure: string;
}

/** One list of layers. */
export interface LayerChoice {
  readonly label: string;
  /** What stands for no layer. */
  readonly none: string;
  readonly value: string;
  readonly fixed: boolean;
  readonly choose: (path: string) => void;
}

const named = ({ path, type, shape }: LayerFacts): string => `${path} ${type} ${shape.join('×')}`;

function layerList({ label, none, value, fixed, choose }: LayerChoice, { layers }: SubjectFacts): TemplateResult {
  return html`<label>${label} <select ?disabled=${fixed} @change=${(event: Event & { currentTarget: HTMLSelectElement }) => choose(event.currentTarget.value)}>
      <option value="" .selected=${value === ''}>${none}</option>
      ${layers.map((layer) => html`<option value=${layer.path} .selected=${value === layer.path}>${named(layer)}</option>`)}
    </select></label>`;
}

export function renderChoices(state: ChoicesState): TemplateResult {
  const { methods, methodsFixed, chooseMethods, subject, layers, opacity, chooseOpacity, busy, failure } = state;
  const toggle = (method: MethodName) =>
    chooseMethods(METHOD_NAMES.filter((name) => (name === method ? !methods.includes(name) : methods.includes(name))));
  return html`<div class="row" role="group" aria-label="Methods">${METHOD_NAMES.map(
    (method) =>
      html`<label><input type="checkbox" .checked=${methods.includes(method)} ?disabled=${methodsFixed} @change=${() => toggle(method)} />${method}</label>`,
  )}</div>
  <div class="row">${subject && subject.layers.length > 0 ? layers.map((choice) => layerList(choice, subject)) : nothing}
    <label>opacity <input data-view type="range" min="0" max="1" step="0.05" .value=${String(opacity)} @input=${(
      event: Event & { currentTarget: HTMLInputElement },
    ) => chooseOpacity(event.currentTarget.valueAsNumber)} /></label>
    <span role="status">${busy ? `Computing ${busy} …` : nothing}</span></div>
    ${failure ? html`<p class="failure" role="alert">${failure}</p>` : nothing}`;
}
