/** The regression lab on the page. */
import { html, nothing } from 'lit';
import '../../components/chart/element.ts';
import type { ChartSeries, Marker } from '../../components/chart/types.ts';
import type { ExportItem } from '../../components/export-menu/element.ts';
import '../../components/result-table/element.ts';
import type { BuiltCard } from '../../math/card.ts';
import { checkpointBar } from '../../shell/checkpoint-bar.ts';
import { LabElement } from '../../shell/lab-element.ts';
import type { Regression } from './experiment.ts';
import './fit-plot.ts';
import type { ChalkFitPlot, FitCurve } from './fit-plot.ts';
import { definition, type Point, schema, settings } from './schema.ts';

const colorOf = (series: string): number =>
  Math.max(
    0,
    settings.findIndex((setting) => series.startsWith(setting)),
  ) + 1;
const NONE: readonly never[] = [];
const FORMATS = { step: 'count' } as const;
const NONLINEARITIES: readonly string[] = schema.activation.values;

export class View extends LabElement<typeof schema, Regression> {
  #curves(): FitCurve[] {
    return this.store.series('fit').map(({ name, x, y, band }) => ({ name, color: colorOf(name), x, y, ...(band && { band }) }));
  }

  #series(chart: string): ChartSeries[] {
    return this.store.series(chart).map(({ name, x, y }) => ({
      id: name,
      label: name,
      x: x.slice(),
      y: y.slice(),
      color: colorOf(name),
      ...(name.endsWith('held out') && { dash: [6, 4] }),
    }));
  }

  /** Where early stopping went back to. */
  #best(): Marker[] {
    const best = this.store.data.get('bestStep');
    const held = this.store.series().find(({ name }) => name === 'early stopping, held out');
    const y = best === undefined ? undefined : held?.y[held.x.indexOf(best)];
    return best === undefined || y === undefined ? [] : [{ x: best, y, label: `best step ${best}`, color: 4 }];
  }

  protected override renderFigure() {
    const key = `regression ${this.id}`;
    return html`
      <chalk-fit-plot .points=${this.config.points} .curves=${this.#curves()} ?locked=${(this.recorded && !this.page) || this.fixes('points')}
        @points-change=${(event: CustomEvent<{ points: Point[] }>) => this.set({ points: event.detail.points }, true)}></chalk-fit-plot>
      <div class="charts">
        <chalk-chart label="Mean squared error" x-label="step" y-label="MSE" y-scale="log" sync-key=${key}
          .series=${this.#series('loss')} .markers=${this.#best()} empty-text="Press Run: four trainings from the same weights.">
          Solid: points that train. Dashed: held-out points.</chalk-chart>
        <chalk-chart label="Norm of the weights" x-label="step" y-label="√Σw²" height="180" sync-key=${key} .series=${this.#series('norm')}></chalk-chart>
      </div>`;
  }

  protected override renderResults() {
    return html`<chalk-result-table label="Results by setting" .rows=${this.store.tables.get('settings') ?? NONE} .formats=${FORMATS}>
      <p>Roughness R = ∫|y″|dx: 0 for a straight line.</p></chalk-result-table>
      <chalk-result-table label="For orientation: polynomials through the same points" .rows=${this.store.tables.get('for orientation') ?? NONE}></chalk-result-table>`;
  }

  /** The cards of what ran: one activation, one optimiser, and the regularisers of its settings. */
  protected override concerns({ id }: BuiltCard): boolean {
    const { activation, optimiser, setting } = this.ran;
    const name = id.replace('-gradient', '');
    if (NONLINEARITIES.includes(name)) return name === activation;
    if (id === 'adam' || id === 'sgd') return id === optimiser;
    const of = settings.find((one) => id === one.replace(' ', '-'));
    return of === undefined || setting === 'all four' || setting === of;
  }

  /** Early stopping has neither kernel nor gradient. */
  protected override verifiable({ id }: BuiltCard): boolean {
    return id !== 'early-stopping';
  }

  protected override renderTools() {
    if (this.hides('checkpoint')) return nothing;
    return checkpointBar(this, definition, 'all trainings', this.fixes('checkpoint'));
  }

  protected override exportItems(): readonly ExportItem[] {
    const plot = this.renderRoot.querySelector<ChalkFitPlot>('chalk-fit-plot');
    return [
      { id: 'fit', label: 'Curves (SVG)', format: 'svg', name: 'regression-fit', provide: () => plot?.toSvg() ?? '' },
      {
        id: 'ts',
        label: 'This run as TypeScript',
        format: 'ts',
        name: 'regression',
        provide: async () => (await import('./code.ts')).runnableCode(this.made.config, this.made.changes),
      },
    ];
  }
}
