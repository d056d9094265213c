/** The failure-modes lab on the page. */
import { html, nothing } from 'lit';
import type { ShownMap } from '../../components/attribution-gallery/element.ts';
import '../../components/attribution-gallery/element.ts';
import '../../components/chart/element.ts';
import '../../components/confusion-matrix/element.ts';
import type { ExportItem } from '../../components/export-menu/element.ts';
import '../../components/heat-map/element.ts';
import '../../components/image-grid/element.ts';
import type { ImageSource, PickedImage } from '../../components/image-picker/element.ts';
import '../../components/image-picker/element.ts';
import '../../components/image-strips/element.ts';
import '../../components/result-table/element.ts';
import { type CellFormat, formatNumber, formatPercent } from '../../components/shared/format.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { checkpointBar } from '../../shell/checkpoint-bar.ts';
import { batchOf, grayBatch, picked } from '../../shell/image-batch.ts';
import { LabElement } from '../../shell/lab-element.ts';
import { memoLast } from '../../shell/memo.ts';
import './dot-picker.ts';
import type { Cell, Explanation, FailureModes, Matrix } from './experiment.ts';
import { verdict } from './explanation.ts';
import { definition, networks, type schema, type Which } from './schema.ts';
import { failureStyles } from './styles.ts';

const CLASSES = Array.from({ length: 10 }, (_, k) => String(k));
const MOST = 60;
const NONE: readonly never[] = [];
const OWN_SOURCES: readonly ImageSource[] = [
  { kind: 'draw', id: 'draw', title: 'draw' },
  { kind: 'own', id: 'own', title: 'my own' },
];
const ATTRIBUTION_FORMATS: Readonly<Record<string, CellFormat>> = { 'share of the dot': 'percent', 'strongest 5 %': 'percent' };
/** Black and white in normalised units. */
const RANGE = [-0.4242, 2.8215] as const;

function mapOf({ network, test, scores, map, bytes }: Explanation): ShownMap {
  const { predicted, probability } = verdict(scores);
  const title = `${network} network, ${test === 'own' ? 'your' : test} image: says ${predicted} (${formatPercent(probability)})`;
  return { id: `${network}-${test}`, title, values: map, width: 28, image: digits(bytes) };
}

/** A cell of one of the matrices, and the test images behind it. */
interface Behind {
  readonly network: Which;
  readonly test: Which;
  readonly truth: number;
  readonly predicted: number;
  readonly indices: readonly number[];
}

/** With a minus sign, not a hyphen. */
const fixed = (value: number, places: number): string => value.toFixed(places).replace('-', '−');

const digits = (data: Uint8Array | Float32Array) => grayBatch(data, 28);

export class View extends LabElement<typeof schema, FailureModes> {
  static override properties = { ...LabElement.properties, node: { state: true }, behind: { state: true } };
  static override styles = [...LabElement.styles, failureStyles];
  /** The node of the path that is shown; −1: the last. */
  declare private node: number;
  declare private behind: Behind | null;
  readonly #explained = this.question('explain');
  readonly #path = this.question('path');
  readonly #images = this.question('behind');
  readonly #ownImage = this.question('explainOwn');
  readonly #ownMaps = memoLast((explanations: readonly Explanation[]) => explanations.map(mapOf));
  readonly #maps = memoLast((explanations: readonly Explanation[]) => explanations.map(mapOf));

  constructor() {
    super();
    this.node = -1;
    this.behind = null;
  }

  protected override runStarted(): void {
    this.behind = null;
  }

  /** Explains the chosen image with the chosen method, on the networks as they are. */
  #explain(): void {
    this.#explained.ask();
    this.#path.clear();
  }

  #showPath({ network, test }: Explanation): void {
    if (test === 'own') return;
    this.node = -1;
    this.#path.ask({ network, test });
  }

  #cell(network: Which, test: Which, truth: number, predicted: number): void {
    const matrix = this.#matrix(network, test);
    if (!matrix) return;
    const indices: number[] = [];
    matrix.labels.forEach((label, i) => {
      if (label === truth && matrix.predictions[i] === predicted && indices.length < MOST) indices.push(i);
    });
    this.behind = { network, test, truth, predicted, indices };
    this.#images.clear();
    if (indices.length > 0) this.#images.ask({ test, indices });
  }

  #matrix(network: Which, test: Which): Matrix | undefined {
    return this.store.data.get(`${network} network, ${test} test` satisfies Cell);
  }

  #strip(which: Which) {
    return batchOf(this.store.images.get(`training images, ${which}`));
  }

  protected override renderTools() {
    if (this.hides('checkpoint')) return nothing;
    return checkpointBar(this, definition, 'both networks', this.fixes('checkpoint'));
  }

  protected override exportItems(): readonly ExportItem[] {
    const off = this.recorded || this.runState === 'idle' ? { unavailable: 'after the start of a live run' } : {};
    const of = (network: Which): ExportItem => ({
      id: `network-${network}`,
      label: `the ${network} network, for other labs`,
      format: 'safetensors',
      name: `failure-modes-${network}`,
      provide: () => this.ask('network', { network }),
      ...off,
    });
    return [
      ...networks.map(of),
      {
        id: 'engine',
        label: 'this training with the engine alone',
        format: 'ts',
        name: 'failure-modes-training',
        provide: async () => (await import('./code.ts')).runnableCode(this.made.config, this.made.changes),
      },
    ];
  }

  protected override renderFigure() {
    return html`
      <h3>Training images</h3>
      <chalk-image-strips label="Training images" scale="2" columns="6" empty-text="They appear when the run starts."
        .strips=${networks.map((which) => ({ label: which, images: this.#strip(which) }))}></chalk-image-strips>
      <chalk-chart label="Training loss" x-label="step" y-label="cross-entropy" smoothing="0.9" smoothing-tool
        .series=${seriesOf(this.store, 'loss', { clean: { color: 'data' }, tainted: { color: 'model' } })}
        empty-text="Press Run: both networks start from the same weights."></chalk-chart>`;
  }

  protected override renderMoreControls() {
    const clean = this.#strip('clean');
    if (this.hides('dotRow') && this.hides('dotColumn')) return nothing;
    return html`<chalk-dot-picker ?locked=${this.fixes('dotRow') && this.fixes('dotColumn')}
      .image=${clean ? picked(clean, [0]).data : null} row=${this.config.dotRow} column=${this.config.dotColumn}
      dot=${this.config.dotSize} @dot-change=${(event: CustomEvent<{ row: number; column: number }>) => {
        this.set({ dotRow: event.detail.row, dotColumn: event.detail.column });
      }}></chalk-dot-picker>`;
  }

  protected override renderResults() {
    return html`${this.#renderMatrices()} ${this.#renderExplanations()}`;
  }

  #renderMatrices() {
    if (!this.#matrix('clean', 'clean')) return nothing;
    const { behind } = this;
    return html`<chalk-result-table label="Accuracy" .rows=${this.store.tables.get('accuracy') ?? NONE} .formats=${this.#shares}></chalk-result-table>
      <h3>Four confusion matrices</h3>
      <div class="four">
        ${networks.flatMap((network) => networks.map((test) => this.#renderMatrix(network, test)))}
      </div>
      ${behind && behind.indices.length === 0 ? html`<p class="facts">No image is behind that cell.</p>` : nothing}`;
  }

  /** All its numbers are shares. */
  get #shares(): Readonly<Record<string, CellFormat>> {
    const [row = {}] = this.store.tables.get('accuracy') ?? NONE;
    return Object.fromEntries(Object.keys(row).map((column) => [column, 'percent']));
  }

  #renderMatrix(network: Which, test: Which) {
    const matrix = this.#matrix(network, test);
    const other = this.#matrix(network === 'clean' ? 'tainted' : 'clean', test);
    if (!matrix) return nothing;
    const { behind } = this;
    const own = behind?.network === network && behind.test === test ? behind : null;
    const images = this.#images.value;
    return html`<div>
      <chalk-confusion-matrix totals label=${`${network} network on ${test} images`} other-label=${`${network === 'clean' ? 'tainted' : 'clean'} network`}
        .classes=${CLASSES} .matrix=${{ classes: 10, counts: matrix.counts }} .other=${other ? { classes: 10, counts: other.counts } : null}
        .selected=${own ? { truth: own.truth, predicted: own.predicted } : null} .cellImages=${own && images ? digits(images) : null}
        .cellLabels=${own ? own.indices.map((index) => `image ${index}`) : []}
        @cell-select=${(event: CustomEvent<{ truth: number; predicted: number }>) => this.#cell(network, test, event.detail.truth, event.detail.predicted)}
        @image-select=${(event: CustomEvent<{ index: number }>) => {
          const index = own?.indices[event.detail.index];
          if (index === undefined || this.fixes('explain') || this.fixes('example')) return;
          this.set({ example: index });
          this.#explain();
        }}></chalk-confusion-matrix></div>`;
  }

  #renderExplanations() {
    if (!this.#matrix('tainted', 'tainted') || this.hides('explain')) return nothing;
    const explanations = this.#explained.value ?? this.store.data.get('explanations') ?? NONE;
    const [first] = explanations;
    return html`<h3>Why? ${first ? html`Test image ${first.index}, a ${first.label}` : nothing}</h3>
      <p><button type="button" ?disabled=${this.recorded || this.fixes('explain')} @click=${() => this.#explain()}>Explain test image ${this.config.example}</button>
        ${this.recorded ? html`<span class="facts">Run live to explain other images.</span>` : nothing}</p>
      <p class="facts legend">Left: the size of the attribution over the image, clipped where it adds up to 98 % (Captum’s rule; “size, over and alone” shows it as Captum does). Right: brown pixels speak for the class, green ones against
        it. The dot: its share of all attribution, its rank among the 784 pixels and its signed value.
        ${first?.difference == null ? nothing : 'Σ, the sum over all pixels, should equal the score S(x) of the image minus that of the baseline x′.'}</p>
      <chalk-attribution-gallery label="Explanations of the test image" own-scale opacity="0.5" columns="2" size="208" .maps=${this.#maps(explanations)}>
        ${explanations.map((found) => this.#renderCaption(found))}</chalk-attribution-gallery>
      <chalk-result-table label="Attribution of the exercise’s two images" .rows=${this.store.tables.get('attribution') ?? NONE} .formats=${ATTRIBUTION_FORMATS}><p>By ${this.ran.method}, for the true class.
        Strongest 5 %: the share of all attribution that the strongest twentieth of the pixels holds.</p></chalk-result-table>
      ${this.#renderPath()} ${this.#renderOwn()}`;
  }

  /** A digit that the reader draws, or a picture of theirs. */
  #renderOwn() {
    const pick = ({ detail: { pixels } }: CustomEvent<PickedImage>) => {
      if (pixels && !this.recorded) this.#ownImage.ask({ pixels });
    };
    const explanations = this.#ownImage.value ?? NONE;
    return html`<h3>Draw a digit: what do the two networks see in it?</h3>
      <p class="facts">${this.recorded ? 'Run live: a recording cannot explain your picture.' : 'Draw a 7 with and without a dot at the bottom right. Each network explains the digit that it takes it for.'}</p>
      <chalk-image-picker label="Picture to explain" width="28" height="28" channels="1" ?disabled=${this.fixes('explain')} .sources=${OWN_SOURCES} @image-pick=${pick}></chalk-image-picker>
      <chalk-attribution-gallery label="Explanations of your picture" own-scale view="both" opacity="0.5" columns="2" size="208" .maps=${this.#ownMaps(explanations)}>
        ${explanations.map((found) => this.#renderCaption(found))}</chalk-attribution-gallery>`;
  }

  #renderCaption(found: Explanation) {
    // Only integrated gradients have a baseline, and with it a difference that they should add up to.
    const { difference } = found;
    const sums =
      difference === null
        ? nothing
        : html`<p class="facts">Σ = ${fixed(found.sum, 3)}, S(x) − S(x′) = ${fixed(difference, 3)}, completeness error ${Math.abs(found.sum - difference).toFixed(4)}</p>
      ${found.test === 'own' ? nothing : html`<button type="button" ?disabled=${this.recorded || this.fixes('explain')} @click=${() => this.#showPath(found)}>Walk the path</button>`}`;
    return html`<div slot=${`caption-${found.network}-${found.test}`}>
      <p class="facts">dot: ${formatPercent(found.dotShare)} of all, rank ${found.dotRank}, value ${formatNumber(found.dotValue, 2)};
        strongest 5 % of the pixels: ${formatPercent(found.topShare)}</p>
      ${sums}
    </div>`;
  }

  #renderPath() {
    const { answer } = this.#path;
    if (!answer) return nothing;
    const [{ network, test }] = answer.asked;
    const { nodes, difference } = answer.value;
    const at = this.node < 0 ? nodes.length - 1 : Math.min(this.node, nodes.length - 1);
    const node = nodes[at];
    if (!node) return nothing;
    const move = (event: Event & { currentTarget: HTMLInputElement }) => {
      this.node = event.currentTarget.valueAsNumber;
    };
    return html`<div class="path"><h3>The path from the baseline: ${network} network, ${test} image</h3>
      <label>α = ${node.alpha.toFixed(3)}
        <input type="range" min="0" max=${nodes.length - 1} .value=${String(at)} @input=${move} aria-label="node of the path" /></label>
      <div class="pairs">
        <div><h4>x′ + α(x − x′)</h4><chalk-image-grid label="interpolated image" scale="5" .images=${grayBatch(node.image, 28, 28, RANGE)}></chalk-image-grid></div>
        <div><h4>∂S/∂x there</h4><chalk-heat-map label="gradient" columns="28" map="diverging" size="140" .values=${node.gradient}></chalk-heat-map></div>
        <div><h4>Running sum: ${fixed(node.running, 3)} of ${fixed(difference, 3)}</h4>
          <chalk-chart label="Completeness" x-label="α" y-label="Σ so far" height="140" no-tools
            .series=${[{ id: 'sum', label: 'running sum', x: nodes.map((n) => n.alpha), y: nodes.map((n) => n.running) }]}
            .lines=${[{ y: difference, label: 'S(x) − S(x′)' }]}
            .markers=${[{ x: node.alpha, y: node.running, label: 'here' }]}></chalk-chart></div>
      </div></div>`;
  }
}
