/** The classify lab on the page. */

import { html, nothing } from 'lit';
import type { GivenFiles } from '../../runtime/experiment.ts';
import '../../components/chart/element.ts';
import type { CellDetail } from '../../components/confusion-matrix/element.ts';
import '../../components/confusion-matrix/element.ts';
import type { ExportItem } from '../../components/export-menu/element.ts';
import '../../components/image-grid/element.ts';
import type { ImageSource, PickedImage } from '../../components/image-picker/element.ts';
import '../../components/image-picker/element.ts';
import '../../components/result-table/element.ts';
import type { ChalkRunsTable } from '../../components/runs-table/element.ts';
import '../../components/runs-table/element.ts';
import { formatCount, formatPercent, formatShape, roughPercent } from '../../components/shared/format.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { styled } from '../../components/shared/styled.ts';
import type { BuiltCard } from '../../math/card.ts';
import type { LabEvent } from '../../runtime/events.ts';
import { checkpointBar } from '../../shell/checkpoint-bar.ts';
import { batchOf, picked } from '../../shell/image-batch.ts';
import { LabElement, type StartOptions } from '../../shell/lab-element.ts';
import { memoLast } from '../../shell/memo.ts';
import { verifiableOn } from './card-tensors.ts';
import { bestMarker, depthSeries, lossLines, runSeries, timeSeries } from './charts.ts';
import { classBars } from './class-bars.ts';
import type { Classification, Setup } from './experiment.ts';
import { histograms } from './histogram-plot.ts';
import type { HistogramReport } from './histograms.ts';
import { evaluationOf, KeptRuns } from './kept-runs.ts';
import './look-inside.ts';
import { networkDiagram } from './network-diagram.ts';
import type { EvaluationReport } from './report.ts';
import type { Subject } from './requests.ts';
import { definition, type schema } from './schema.ts';
import { settingsPanels } from './settings-panels.ts';
import { classifyStyles } from './styles.ts';

/** Images of one cell that are fetched at most. */
const MOST_IN_CELL = 60;
const NONE: readonly never[] = [];
const TEST_FORMATS = { images: 'count', accuracy: 'percent' } as const;

/** The images behind a cell of the matrix. */
interface Cell {
  readonly set: EvaluationReport['set'];
  readonly indices: readonly number[];
  readonly images: ImageBatch;
}

export class View extends LabElement<typeof schema, Classification> {
  static override styles = [...LabElement.styles, classifyStyles];
  static override properties = {
    ...LabElement.properties,
    recordedCell: { state: true },
    spaceProblem: { state: true },
    cursorX: { state: true },
    selectedRun: { state: true },
  };
  /** A recording holds pictures of the mistakes only. */
  declare private recordedCell: Cell | null;
  declare private spaceProblem: string;
  declare private cursorX: number | null;
  declare private selectedRun: string;

  readonly #prediction = this.question('predict');
  readonly #inspection = this.question('inspect');
  readonly #cell = this.question('images');
  readonly #runs = new KeptRuns();
  readonly #sources = memoLast((drawable: boolean, images: ImageBatch | null): readonly ImageSource[] => [
    ...(drawable ? ([{ kind: 'draw', id: 'draw', title: 'draw' }] as const) : []),
    { kind: 'pictures', id: 'train', title: 'training images', images },
    { kind: 'own', id: 'own', title: 'my own' },
  ]);
  #files: GivenFiles | undefined;
  #drawing: Uint8Array | undefined;
  #subject: Subject | undefined;

  constructor() {
    super();
    this.recordedCell = null;
    this.spaceProblem = '';
    this.cursorX = null;
    this.selectedRun = '';
  }

  protected override startOptions(): StartOptions {
    return this.#files && this.config.dataset === 'own' ? { files: this.#files } : {};
  }

  protected override missing(): string | undefined {
    if (this.config.dataset !== 'own' || this.#files) return undefined;
    return 'Give your own images first, under Own images: a folder of pictures for each class, or a .zip or .tgz of such folders.';
  }

  get #setup(): Setup | undefined {
    return this.store.data.get('setup');
  }

  get #classes(): number {
    return this.#setup?.classNames.length ?? 10;
  }

  protected override runStarted(): void {
    this.recordedCell = null;
    this.#subject = this.#drawing && { pixels: this.#drawing };
    // A recording's settings are its own; it is not one of the reader's runs.
    if (!this.recorded) this.#runs.begin(this.store, this.ran);
  }

  /** New weights: what was asked before is asked again. */
  protected override runEvents(events: readonly LabEvent[]): void {
    if (events.some((event) => event.type === 'data' && event.name === 'evaluation')) this.#refresh();
  }

  // ── Questions to the run ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Asks for a prediction and the inside of the network. */
  #refresh(): void {
    if (this.recorded) return;
    if (this.#drawing) this.#prediction.ask({ pixels: this.#drawing });
    if (this.#subject) this.#inspection.ask(this.#subject);
  }

  #given({ pixels }: PickedImage): void {
    this.#drawing = pixels ?? undefined;
    if (!pixels) this.#prediction.clear();
    else if (this.#subject === undefined || 'pixels' in this.#subject) this.#subject = { pixels };
    if (this.runState !== 'idle') this.#refresh();
    this.requestUpdate();
  }

  #cellSelected({ truth, predicted, count }: CellDetail): void {
    const report = evaluationOf(this.store);
    if (!report || count === 0) return;
    const { set, labels, predictions } = report;
    const indices = [...predictions.keys()].filter((i) => predictions[i] === predicted && labels[i] === truth);
    if (this.recorded) this.recordedCell = this.#mistakes(new Set(indices), set);
    else this.#cell.ask({ set, indices: indices.slice(0, MOST_IN_CELL) });
  }

  #mistakes(wanted: ReadonlySet<number>, set: EvaluationReport['set']): Cell | null {
    const images = batchOf(this.store.images.get('mistakes'));
    const mistakes = this.store.data.get('mistakes');
    if (!images || mistakes?.set !== set) return null;
    const places = mistakes.indices.flatMap((index, place) => (wanted.has(index) ? [place] : []));
    return { set, indices: places.map((place) => mistakes.indices[place] ?? 0), images: picked(images, places) };
  }

  /** The images behind the cell that was chosen last. */
  get #shownCell(): (Pick<Cell, 'indices' | 'images'> & { readonly set: Cell['set'] | 'train' }) | null {
    const { answer } = this.#cell;
    return answer ? { ...answer.asked[0], images: answer.value } : this.recordedCell;
  }

  #imageSelected(place: number): void {
    const cell = this.#shownCell;
    const index = cell?.indices[place];
    if (!cell || index === undefined) return;
    this.#subject = { set: cell.set, index };
    this.#refresh();
  }

  // ── The figure ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  protected override renderFigure() {
    const key = `classify ${this.id}`;
    const { store } = this;
    const cursor = (event: CustomEvent<{ x: number | null }>) => {
      this.cursorX = event.detail.x;
    };
    const classes = this.#classes;
    return html`
      ${this.#renderSummary()}
      <div class="charts">
        <chalk-chart id="loss" label="Loss" x-label="step" y-label="cross-entropy" smoothing="0.8" smoothing-tool sync-key=${key}
          .series=${runSeries(store, this.#runs, 'loss')} .lines=${lossLines(this.ran, classes)} .markers=${bestMarker(store)}
          @cursor-move=${cursor} empty-text="Press Run: the loss of each batch appears here."></chalk-chart>
        <chalk-chart id="accuracy" label="Accuracy" x-label="step" y-label="accuracy" sync-key=${key}
          .series=${runSeries(store, this.#runs, 'accuracy')} .lines=${[{ y: 1 / classes, label: 'guessing', color: 'ink-soft' as const }]}
          @cursor-move=${cursor} empty-text="Evaluated several times an epoch."></chalk-chart>
      </div>
      <div class="pair">${this.#renderPad()} ${this.#renderMatrix()}</div>`;
  }

  #renderSummary() {
    const setup = this.#setup;
    const shown = batchOf(this.store.images.get('examples'));
    const report = evaluationOf(this.store);
    const part = (name: string, value: string) => html`<span>${name} <strong>${value}</strong></span>`;
    return html`
      ${shown ? html`<chalk-image-grid label="Some training images" scale="1" gap="3" .images=${shown}></chalk-image-grid>` : nothing}
      <p class="summary">
        ${
          setup
            ? html`${part('input', formatShape(setup.inputShape))} ${part('parameters', formatCount(setup.parameters))}
          ${part('training images', formatCount(setup.counts.train))} ${setup.counts.validation > 0 ? part('validation', formatCount(setup.counts.validation)) : nothing}`
            : nothing
        }
        ${report ? part(`${report.set} accuracy`, formatPercent(report.accuracy)) : nothing}
      </p>`;
  }

  #renderPad() {
    if (this.hides('draw')) return nothing;
    const [height = 28, width = 28, channels = 1] = this.#setup?.inputShape ?? [];
    const drawable = [height, width, channels].join() === '28,28,1';
    const names = this.#setup?.classNames ?? [];
    const prediction = this.#prediction.value;
    const live = !this.recorded && this.runState !== 'idle';
    const hint = this.#drawing && !live ? 'Press Run live: a recording cannot read your picture.' : '';
    const bars = prediction
      ? html`<ul class="guess" aria-label="Probabilities">
          ${[...prediction.probabilities].map(
            (p, i) => html`<li class=${i === prediction.prediction ? 'best' : ''}>
              <span class=${i === prediction.prediction ? 'best' : ''}>${names[i] ?? i}</span>
              <span class="bar"><i ${styled({ width: `${(100 * p).toFixed(1)}%` })}></i></span>
              <span class="share">${roughPercent(p)}</span></li>`,
          )}
        </ul>`
      : html`<p class="summary">${hint || `${drawable ? 'Draw a digit' : 'Choose a picture'}: the network, as far as it is trained, reads it.`}</p>`;
    const read = prediction
      ? `Read as ${names[prediction.prediction] ?? prediction.prediction}, ${formatPercent(prediction.probabilities[prediction.prediction] ?? 0, 0)}`
      : '';
    const sources = this.#sources(drawable, batchOf(this.store.images.get('examples')));
    return html`<section class="block"><h3>${drawable ? 'Draw a digit' : 'Choose a picture'}</h3>
      <div class="draw">
        <chalk-image-picker label="Picture to read" width=${width} height=${height} channels=${channels} ?disabled=${this.fixes('draw')}
          .sources=${sources} @image-pick=${(event: CustomEvent<PickedImage>) => this.#given(event.detail)}></chalk-image-picker>
        <div><p class="read" role="status">${read}</p>${bars}</div>
      </div>
    </section>`;
  }

  #renderMatrix() {
    const report = evaluationOf(this.store);
    const other = this.#runs.find(this.selectedRun);
    const compared = other && evaluationOf(other.store);
    return html`<chalk-confusion-matrix label=${report ? `Confusion, ${report.set} images at step ${report.step}` : 'Confusion matrix'}
      .matrix=${report?.matrix ?? null} .classes=${report?.classNames ?? []}
      .other=${compared?.matrix.classes === report?.matrix.classes ? (compared?.matrix ?? null) : null} other-label=${other?.label ?? ''}
      .cellImages=${this.#shownCell?.images ?? null}
      @cell-select=${(event: CustomEvent<CellDetail>) => this.#cellSelected(event.detail)}
      @image-select=${(event: CustomEvent<{ index: number }>) => this.#imageSelected(event.detail.index)}></chalk-confusion-matrix>`;
  }

  protected override renderMoreControls() {
    return settingsPanels({
      hides: (name) => this.hides(name),
      fixes: (name) => this.fixes(name),
      config: this.config,
      classes: this.#classes,
      spaceProblem: this.spaceProblem,
      set: (values) => this.set(values),
      own: (files) => {
        this.#files = files;
        this.set({ dataset: 'own', ...(this.config.network === 'custom' ? { network: 'cnn' } : {}) });
        this.restart('play');
      },
      problem: (message) => {
        this.spaceProblem = message;
      },
    });
  }

  protected override renderResults() {
    const { store } = this;
    const report = evaluationOf(store);
    const rows = this.#runs.rows(this.runState === 'running');
    return html`<div class="rest">
      ${rows.length > 0 && !this.hides('runs') ? this.#renderRuns(rows) : nothing} <chalk-result-table label="Trials of the search" .rows=${store.tables.get('trials') ?? NONE}><p>The best on the validation set is tested.</p></chalk-result-table>
      <div class="charts">
        <chalk-chart id="depth" label="Gradient norm by layer" x-label="layer, from the input" y-label="‖∂L/∂W‖" y-scale="log" height="200"
          .series=${depthSeries(store, this.#runs)} empty-text="After the first evaluation."></chalk-chart>
        <chalk-chart id="norms" label="Gradient norms over time" x-label="step" y-label="‖∂L/∂W‖" y-scale="log" height="200"
          .series=${timeSeries(store)} empty-text="After the first evaluation."></chalk-chart>
      </div>
      ${histograms(
        this.#histograms,
        store.series('gradients').map(({ name }) => name),
      )} ${this.#setup ? networkDiagram(this.#setup.inputShape, this.#setup.layers) : nothing}
      ${report ? html`${this.#renderClasses(report)} ${classBars(report)}` : nothing}
      <chalk-result-table label="Test images" .rows=${store.tables.get('test') ?? NONE} .formats=${TEST_FORMATS}></chalk-result-table>
      ${this.hides('inside') ? nothing : this.#renderInside(report)}
    </div>`;
  }

  /** Of every look at the network so far. */
  get #histograms(): readonly HistogramReport[] {
    const [norms] = this.store.series('gradients');
    return (norms?.x ?? []).flatMap((step) => this.store.data.get(`histogram ${step}`) ?? []);
  }

  #renderInside(report: EvaluationReport | undefined) {
    return html`<section class="block"><h3>Look inside, layer by layer</h3>
      <chalk-look-inside .inspection=${this.#inspection.value ?? null} .classNames=${report?.classNames ?? []} ?locked=${this.fixes('inside')}></chalk-look-inside>
    </section>`;
  }

  #renderRuns(rows: ReturnType<KeptRuns['rows']>) {
    const run = (event: CustomEvent<{ id: string }>) => this.#runs.find(event.detail.id);
    return html`<chalk-runs-table label="Runs of this visit" ?locked=${this.fixes('runs')} selected=${this.selectedRun} .runs=${rows} .cursorX=${this.cursorX}
      @run-toggle=${(event: CustomEvent<{ id: string; shown: boolean }>) => {
        const found = run(event);
        if (found) found.shown = event.detail.shown;
        this.requestUpdate();
      }}
      @run-select=${(event: CustomEvent<{ id: string }>) => {
        this.selectedRun = event.detail.id;
      }}
      @run-restore=${(event: CustomEvent<{ id: string }>) => this.take(run(event)?.config ?? {}, 'That run')}
      @run-remove=${(event: CustomEvent<{ id: string }>) => {
        this.#runs.remove(event.detail.id);
        this.requestUpdate();
      }}></chalk-runs-table>`;
  }

  #renderClasses({ perClass, classNames, set }: EvaluationReport) {
    return html`<section class="block"><h3>Accuracy by class, ${set} images</h3>
      <ul class="guess">
        ${perClass.map(
          (share, i) => html`<li><span>${classNames[i]}</span>
            <span class="bar"><i ${styled({ width: `${(100 * (share ?? 0)).toFixed(1)}%` })}></i></span>
            <span class="share">${share === null ? '–' : formatPercent(share)}</span></li>`,
        )}
      </ul></section>`;
  }

  // ── To take away ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  protected override renderTools() {
    if (this.hides('checkpoint')) return nothing;
    return checkpointBar(this, definition, this.#setup?.dataset ?? '', this.fixes('checkpoint'));
  }

  protected override exportItems(): readonly ExportItem[] {
    const setup = this.#setup;
    const runs = this.renderRoot?.querySelector<ChalkRunsTable>('chalk-runs-table');
    return [
      ...(runs
        ? [
            {
              id: 'runs',
              label: 'runs of this visit',
              format: 'csv' as const,
              name: 'classify-runs',
              provide: () => runs.toCsv(),
            },
          ]
        : []),
      {
        id: 'engine',
        label: 'this training with the engine alone',
        format: 'ts',
        name: 'classify-training',
        provide: async () =>
          (await import('./code.ts')).runnableCode(
            this.made.config,
            setup?.network ?? [],
            setup?.inputShape ?? [],
            this.made.changes,
          ),
        ...(setup && setup.dataset !== 'own'
          ? {}
          : { unavailable: setup ? 'own images stay on this machine' : 'after the first step' }),
      },
    ];
  }

  protected override verifiable({ id }: BuiltCard): boolean {
    return verifiableOn(id, this.#setup?.network ?? []);
  }
}
