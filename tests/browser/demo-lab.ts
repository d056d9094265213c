/** A lab for tests of what all labs share: the demo experiment drawn by the real chart, in a worker or on the main thread. */
import { html } from 'lit';
import '../../apps/components/chart/element.ts';
import { define } from '../../apps/components/shared/define.ts';
import '../../apps/shell/theme-switch.ts';
import { seriesOf } from '../../apps/shell/chart-series.ts';
import { LabElement } from '../../apps/shell/lab-element.ts';
import { definition, environment, experiment, type schema } from '../unit/apps/demo-experiment.ts';

export class DemoLab extends LabElement<typeof schema> {
  static override readonly definition = definition;

  protected override readonly hosting = {
    worker: (): Worker => {
      if (this.hasAttribute('no-worker')) throw new Error('this test has no worker');
      const url = new URL('./demo-worker.ts', import.meta.url);
      url.search = this.getAttribute('faults') ?? '';
      return new Worker(url, { type: 'module' });
    },
    local: async () => ({ experiment, environment: () => environment }),
  };

  protected override async loadRecording() {
    return this.getAttribute('recording') ?? undefined;
  }

  protected override renderFigure() {
    const series = seriesOf(this.store, 'loss', { loss: { color: 'model' } });
    return html`<chalk-chart label="Height above the minimum" x-label="step" y-label="x²" .series=${series}
      empty-text="Press Run to let it roll."></chalk-chart>`;
  }

  protected override renderProse() {
    return html`<h2>What to try</h2>
      <p>With a learning rate above 1 the point leaves the valley. <span class="data">Data</span> and <span class="model">model</span> have their colours.</p>
      <section class="ask">
        <h3>Predict, run, explain</h3>
        <p>What happens at a learning rate of exactly 1?</p>
        <details><summary>Answer</summary><p>Each step multiplies x by 1 − 2η = −1: it jumps from side to side for ever.</p></details>
      </section>`;
  }
}

define('chalk-lab-demo', DemoLab);
