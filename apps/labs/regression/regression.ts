/** The regression lab on the page. */
import { html, nothing } from 'lit';
import '../../components/chart/element.ts';
import type { ChartSeries } from '../../components/chart/types.ts';
import type { ExportItem } from '../../components/export-menu/element.ts';
import '../../components/math-card/element.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import { define } from '../../components/shared/define.ts';
import type { Verification } from '../../math/card.ts';
import type { Hosting } from '../../runtime/open-port.ts';
import { LabElement } from '../../shell/lab-element.ts';
import { cards } from './cards.ts?math';
import { runnableCode } from './code.ts';
import './fit-plot.ts';
import type { ChalkFitPlot, FitCurve } from './fit-plot.ts';
import { prose } from './prose.ts';
import { definition, type Point, type schema, settings } from './schema.ts';

const colorOf = (series: string): number =>
  Math.max(
    0,
    settings.findIndex((setting) => series.startsWith(setting)),
  ) + 1;
const shorten = (value: unknown): string =>
  typeof value !== 'number'
    ? String(value ?? '–')
    : value !== 0 && Math.abs(value) < 0.001
      ? value.toExponential(1)
      : value.toPrecision(4);

export class RegressionLab extends LabElement<typeof schema> {
  static override readonly definition = definition;
  static override properties = { ...LabElement.properties, tensors: { state: true } };
  declare private tensors: readonly LiveTensor[];
  #asked = 0;

  protected override readonly hosting: Hosting = {
    worker: () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
    local: async () => ({
      experiment: (await import('./experiment.ts')).experiment,
      environment: (await import('../../runtime/browser-environment.ts')).browserEnvironment,
    }),
  };

  constructor() {
    super();
    this.tensors = [];
  }

  protected override async loadRecording(): Promise<string> {
    return (await fetch(new URL('./recording.json', import.meta.url))).text();
  }

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

  protected override renderFigure() {
    const best = this.store.data.get('bestStep') as number | undefined;
    const stopped = this.store.series().find(({ name }) => name === 'early stopping, held out');
    const at = best === undefined ? -1 : (stopped?.x.indexOf(best) ?? -1);
    const markers =
      at < 0 || !stopped
        ? []
        : [{ x: best as number, y: stopped.y[at] as number, label: `best step ${best}`, color: 4 as const }];
    const key = `regression ${this.id}`;
    return html`
      <chalk-fit-plot .points=${this.config.points} .curves=${this.#curves()} ?locked=${(this.recorded && !this.page) || this.fixes('points')}
        @points-change=${(event: CustomEvent<{ points: Point[] }>) => this.set('points', event.detail.points, true)}></chalk-fit-plot>
      <div class="charts">
        <chalk-chart label="Mean squared error" x-label="step" y-label="MSE" y-scale="log" sync-key=${key}
          .series=${this.#series('loss')} .markers=${markers} empty-text="Press play: four trainings from the same weights.">
          Solid: points that train. Dashed: held-out points.</chalk-chart>
        <chalk-chart label="Norm of the weights" x-label="step" y-label="√Σw²" height="180" sync-key=${key} .series=${this.#series('norm')}></chalk-chart>
      </div>`;
  }

  protected override renderResults() {
    const rows = this.store.tables.get('settings');
    if (!rows?.length) return nothing;
    const columns = Object.keys(rows[0] as object);
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Results"><table>
      <caption>Roughness R = ∫|y″|dx: 0 for a straight line</caption>
      <thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${columns.map((column) => html`<td>${shorten(row[column])}</td>`)}</tr>`)}</tbody>
    </table></div>`;
  }

  protected override exportItems(): readonly ExportItem[] {
    const plot = this.renderRoot.querySelector('chalk-fit-plot') as ChalkFitPlot | null;
    return [
      { id: 'fit', label: 'Curves (SVG)', format: 'svg', name: 'regression-fit', provide: () => plot?.toSvg() ?? '' },
      { id: 'ts', label: 'This run as TypeScript', format: 'ts', name: 'regression', provide: () => runnableCode(this.config) },
    ];
  }

  protected override renderProse() {
    return prose;
  }

  protected override renderCards() {
    const live = !this.recorded && this.store.series('fit').length > 0;
    return html`<h2 class="cards">Equation, code, kernel</h2>${cards.map(
      (card) => html`<chalk-math-card .card=${card} .tensors=${this.tensors}
        .verify=${live ? () => this.ask('verify') as Promise<Verification[]> : null}></chalk-math-card>`,
    )}`;
  }

  /** The tensors of the cards follow the run, a few times a second. */
  protected override runEvents(): void {
    const now = performance.now();
    if (!this.page || now - this.#asked < 1000) return;
    this.#asked = now;
    void this.ask('tensors').then(
      (tensors) => {
        this.tensors = tensors as LiveTensor[];
      },
      () => {},
    );
  }
}

define('chalk-lab-regression', RegressionLab);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-lab-regression': RegressionLab;
  }
}
