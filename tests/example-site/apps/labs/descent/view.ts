/** The descent lab on the page. */
import { html } from 'lit';
import '../../components/chart/element.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { LabElement } from '../../shell/lab-element.ts';
import type { Descent } from './experiment.ts';
import type { schema } from './schema.ts';

export class View extends LabElement<typeof schema, Descent> {
  readonly #energy = this.question('energy');

  protected override renderFigure() {
    const path = this.store.data.get('path') ?? [];
    const { answer } = this.#energy;
    return html`<p>x: ${path.slice(-5).map((x) => html`<span class="model">${x.toFixed(3)}</span> `)}</p>
      <chalk-chart label="Energy" x-label="step" y-label="E" y-scale="log" .series=${seriesOf(this.store)}></chalk-chart>
      <button ?disabled=${this.recorded} @click=${() => this.#energy.ask({ x: 2 })}>What is E(2)?</button>
      <output>${answer ? `E(${answer.asked[0].x}) = ${answer.value}` : ''}</output>`;
  }
}
