/** A lab for tests of what all labs share: the demo experiment drawn by the real chart, in a worker or on the main thread. */
import { html } from 'lit';
import '../../apps/components/chart/element.ts';
import '../../apps/shell/theme-switch.ts';
import { seriesOf } from '../../apps/shell/chart-series.ts';
import { LabElement } from '../../apps/shell/lab-element.ts';
import { defineLabElement } from '../../apps/shell/lab-module.ts';
import { type Demo, definition, environment, experiment, type schema } from '../unit/apps/demo-experiment.ts';

export class DemoLab extends LabElement<typeof schema, Demo> {
  protected override renderFigure() {
    const series = seriesOf(this.store, 'loss', { loss: { color: 'model' } });
    return html`<chalk-chart label="Height above the minimum" x-label="step" y-label="x²" .series=${series}
      empty-text="Press Run to let it roll."></chalk-chart>`;
  }
}

const prose = () => html`<h2>What to try</h2>
  <p>With a learning rate above 1 the point leaves the valley. <span class="data">Data</span> and <span class="model">model</span> have their colours.</p>
  <section class="ask">
    <h3>Predict, run, explain</h3>
    <p>What happens at a learning rate of exactly 1?</p>
    <details><summary>Answer</summary><p>Each step multiplies x by 1 − 2η = −1: it jumps from side to side for ever.</p></details>
  </section>`;

/** Where a test may say what the next worker does wrong, and that there is no worker. */
const wishes = globalThis as unknown as { demoFaults?: string; demoNoWorker?: boolean; demoRecording?: string };

defineLabElement(DemoLab, {
  definition,
  texts: { prose },
  cards: () => import('../../apps/math/cards/optimisers.ts?math'),
  hosting: {
    worker: () => {
      if (wishes.demoNoWorker) throw new Error('this test has no worker');
      const url = new URL('./demo-worker.ts', import.meta.url);
      url.search = wishes.demoFaults ?? '';
      return new Worker(url, { type: 'module' });
    },
    local: async () => ({ experiment, environment: () => environment }),
  },
  ...(wishes.demoRecording === undefined
    ? {}
    : { recording: URL.createObjectURL(new Blob([wishes.demoRecording], { type: 'application/json' })) }),
});
