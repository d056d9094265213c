/** The failure-modes lab on the page. */
import { html, nothing } from 'lit';
import '../../components/chart/element.ts';
import '../../components/confusion-matrix/element.ts';
import '../../components/heat-map/element.ts';
import '../../components/image-grid/element.ts';
import '../../components/math-card/element.ts';
import { define } from '../../components/shared/define.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import type { LabEvent } from '../../runtime/events.ts';
import type { Hosting } from '../../runtime/open-port.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { LabElement } from '../../shell/lab-element.ts';
import { cards } from './cards.ts?math';
import './dot-picker.ts';
import type { Which } from './experiment.ts';
import { type Explanation, forDisplay, type PathNode, verdict } from './explanation.ts';
import { prose } from './prose.ts';
import { definition, type schema } from './schema.ts';
import { failureStyles } from './styles.ts';

const WHICH = ['clean', 'tainted'] as const;
const CLASSES = Array.from({ length: 10 }, (_, k) => String(k));
const MOST = 60;

interface Matrix {
  readonly counts: Uint32Array;
  readonly predictions: Int32Array;
  readonly labels: Uint8Array;
}

interface Behind {
  readonly network: Which;
  readonly test: Which;
  readonly truth: number;
  readonly predicted: number;
  readonly indices: readonly number[];
  readonly images: ImageBatch | null;
}

const digits = (data: Uint8Array | Float32Array, count: number): ImageBatch => ({
  data,
  count,
  width: 28,
  height: 28,
  channels: 1,
});
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export class FailureModesLab extends LabElement<typeof schema> {
  static override readonly definition = definition;
  static override properties = {
    ...LabElement.properties,
    explanations: { state: true },
    path: { state: true },
    node: { state: true },
    behind: { state: true },
    failure: { state: true },
  };
  static override styles = [...LabElement.styles, failureStyles];
  declare private explanations: readonly Explanation[];
  declare private path: { readonly of: Explanation; readonly nodes: readonly PathNode[] } | null;
  declare private node: number;
  declare private behind: Behind | null;
  declare private failure: string;

  protected override readonly hosting: Hosting = {
    worker: () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
    local: async () => ({
      experiment: (await import('./experiment.ts')).experiment,
      environment: (await import('../../runtime/browser-environment.ts')).browserEnvironment,
    }),
  };

  constructor() {
    super();
    this.explanations = [];
    this.path = null;
    this.node = 0;
    this.behind = null;
    this.failure = '';
  }

  protected override async loadRecording(): Promise<string> {
    return (await fetch(new URL('./recording.json', import.meta.url))).text();
  }

  protected override runEvents(events: readonly LabEvent[]): void {
    if (events.some((event) => event.type === 'data' && event.name === 'explanations')) {
      this.explanations = this.store.data.get('explanations') as readonly Explanation[];
      this.path = null;
    }
  }

  async #try(work: () => Promise<void>): Promise<void> {
    this.failure = '';
    try {
      await work();
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
  }

  /** Explains the chosen image with the chosen method, on the networks as they are. */
  #explain(): Promise<void> {
    return this.#try(async () => {
      this.explanations = (await this.ask('explain')) as readonly Explanation[];
      this.path = null;
    });
  }

  #showPath(of: Explanation): Promise<void> {
    return this.#try(async () => {
      const nodes = (await this.ask('path', { network: of.network, test: of.test })) as readonly PathNode[];
      this.path = { of, nodes };
      this.node = nodes.length - 1;
    });
  }

  #cell(network: Which, test: Which, truth: number, predicted: number): Promise<void> {
    return this.#try(async () => {
      const matrix = this.#matrix(network, test);
      if (!matrix) return;
      const indices: number[] = [];
      matrix.labels.forEach((label, i) => {
        if (label === truth && matrix.predictions[i] === predicted && indices.length < MOST) indices.push(i);
      });
      this.behind = { network, test, truth, predicted, indices, images: null };
      const data = (await this.ask('behind', { test, indices })) as Uint8Array;
      this.behind = { network, test, truth, predicted, indices, images: digits(data, indices.length) };
    });
  }

  #matrix(network: Which, test: Which): Matrix | undefined {
    return this.store.data.get(`${network} network, ${test} test`) as Matrix | undefined;
  }

  #strip(which: Which): ImageBatch | null {
    const event = this.store.images.get(`training images, ${which}`);
    return event ? digits(event.data as Uint8Array, event.shape[0]) : null;
  }

  protected override renderFigure() {
    return html`
      <div class="pairs">
        ${WHICH.map(
          (which) => html`<div><h3>Training images, ${which}</h3>
          <chalk-image-grid label=${`training images, ${which}`} scale="2" columns="6" .images=${this.#strip(which)} empty-text="They appear when the run starts."></chalk-image-grid></div>`,
        )}
      </div>
      <chalk-chart label="Training loss" x-label="step" y-label="cross-entropy" smoothing="0.9" smoothing-tool
        .series=${seriesOf(this.store, 'loss', { clean: { color: 'data' }, tainted: { color: 'model' } })}
        empty-text="Press play: both networks start from the same weights."></chalk-chart>`;
  }

  protected override renderMoreControls() {
    const clean = this.#strip('clean');
    if (this.hides('dotRow') && this.hides('dotColumn')) return nothing;
    return html`<chalk-dot-picker ?locked=${this.fixes('dotRow') && this.fixes('dotColumn')}
      .image=${clean ? (clean.data as Uint8Array).subarray(0, 784) : null} row=${this.config.dotRow} column=${this.config.dotColumn}
      dot=${this.config.dotSize} @dot-change=${(event: CustomEvent<{ row: number; column: number }>) => {
        this.set('dotRow', event.detail.row);
        this.set('dotColumn', event.detail.column);
      }}></chalk-dot-picker>`;
  }

  protected override renderResults() {
    return html`${this.#renderMatrices()} ${this.#renderExplanations()}
      ${this.failure ? html`<p role="alert">${this.failure}</p>` : nothing}`;
  }

  #renderMatrices() {
    if (!this.#matrix('clean', 'clean')) return nothing;
    const { behind } = this;
    return html`<h3>Four confusion matrices</h3>
      <div class="four">
        ${WHICH.flatMap((network) => WHICH.map((test) => this.#renderMatrix(network, test)))}
      </div>
      ${behind && behind.indices.length === 0 ? html`<p class="facts">No image is behind that cell.</p>` : nothing}`;
  }

  #renderMatrix(network: Which, test: Which) {
    const matrix = this.#matrix(network, test);
    const other = this.#matrix(network === 'clean' ? 'tainted' : 'clean', test);
    if (!matrix) return nothing;
    const { behind } = this;
    const own = behind?.network === network && behind.test === test ? behind : null;
    return html`<div>
      <chalk-confusion-matrix label=${`${network} network on ${test} images`} other-label=${`${network === 'clean' ? 'tainted' : 'clean'} network`}
        .classes=${CLASSES} .matrix=${{ classes: 10, counts: matrix.counts }} .other=${other ? { classes: 10, counts: other.counts } : null}
        .selected=${own ? { truth: own.truth, predicted: own.predicted } : null} .cellImages=${own?.images ?? null}
        .cellLabels=${own ? own.indices.map((index) => `image ${index}`) : []}
        @cell-select=${(event: CustomEvent<{ truth: number; predicted: number }>) => this.#cell(network, test, event.detail.truth, event.detail.predicted)}
        @image-select=${(event: CustomEvent<{ index: number }>) => {
          const index = own?.indices[event.detail.index];
          if (index === undefined || this.fixes('explain') || this.fixes('example')) return;
          this.set('example', index);
          void this.#explain();
        }}></chalk-confusion-matrix></div>`;
  }

  #renderExplanations() {
    if (!this.#matrix('tainted', 'tainted') || this.hides('explain')) return nothing;
    const first = this.explanations[0];
    return html`<h3>Why? ${first ? html`Test image ${first.index}, a ${first.label}` : nothing}</h3>
      <p><button type="button" ?disabled=${this.recorded || this.fixes('explain')} @click=${() => this.#explain()}>Explain test image ${this.config.example}</button>
        ${this.recorded ? html`<span class="facts">Run live to explain other images.</span>` : nothing}</p>
      <p class="facts legend">Left: where attribution is strong, over the image. Right: brown pixels speak for the class, green ones against
        it. The dot: its share of all attribution, its rank among the 784 pixels and its signed value.
        ${this.config.method === 'integrated gradients' ? 'Σ, the sum over all pixels, should equal the score S(x) of the image minus that of the baseline x′.' : nothing}</p>
      <div class="four">${this.explanations.map((found) => this.#renderExplanation(found))}</div>
      ${this.#renderPath()}`;
  }

  #renderExplanation(found: Explanation) {
    const { predicted, probability } = verdict(found.scores);
    const shown = forDisplay(found.map);
    const image = digits(found.bytes, 1);
    const error = found.difference === null ? null : Math.abs(found.sum - found.difference);
    return html`<div>
      <h4>${found.network} network, ${found.test} image: says ${predicted} (${percent(probability)})</h4>
      <div class="maps">
        <chalk-heat-map label="over the image" columns="28" map="sequential" limit="1" opacity="0.5" no-legend .values=${shown} .image=${image}></chalk-heat-map>
        <chalk-heat-map label="attribution alone" columns="28" map="diverging" .values=${found.map}></chalk-heat-map>
      </div>
      <p class="facts">dot: ${percent(found.dotShare)} of all, rank ${found.dotRank}, value ${found.dotValue.toFixed(2)}</p>
      ${error === null ? nothing : html`<p class="facts">Σ = ${found.sum.toFixed(3)}, S(x) − S(x′) = ${found.difference?.toFixed(3)}, completeness error ${error.toFixed(4)}</p>`}
      ${this.config.method === 'integrated gradients' ? html`<button type="button" ?disabled=${this.recorded || this.fixes('explain')} @click=${() => this.#showPath(found)}>Walk the path</button>` : nothing}
    </div>`;
  }

  #renderPath() {
    if (!this.path) return nothing;
    const { of, nodes } = this.path;
    const node = nodes[Math.min(this.node, nodes.length - 1)] as PathNode;
    const low = -0.4242;
    const high = 2.8215;
    return html`<div class="path"><h3>The path from the baseline: ${of.network} network, ${of.test} image</h3>
      <label>α = ${node.alpha.toFixed(3)}
        <input type="range" min="0" max=${nodes.length - 1} .value=${String(this.node)} @input=${(event: Event) => {
          this.node = Number((event.target as HTMLInputElement).value);
        }} aria-label="node of the path" /></label>
      <div class="pairs">
        <div><h4>x′ + α(x − x′)</h4><chalk-image-grid label="interpolated image" scale="5" .images=${{ ...digits(node.image as Float32Array, 1), range: [low, high] }}></chalk-image-grid></div>
        <div><h4>∂S/∂x there</h4><chalk-heat-map label="gradient" columns="28" map="diverging" size="140" .values=${node.gradient}></chalk-heat-map></div>
        <div><h4>Running sum: ${node.running.toFixed(3)} of ${of.difference?.toFixed(3)}</h4>
          <chalk-chart label="Completeness" x-label="α" y-label="Σ so far" height="140" no-tools
            .series=${[{ id: 'sum', label: 'running sum', x: nodes.map((n) => n.alpha), y: nodes.map((n) => n.running) }]}
            .lines=${of.difference === null ? [] : [{ y: of.difference, label: 'S(x) − S(x′)' }]}
            .markers=${[{ x: node.alpha, y: node.running, label: 'here' }]}></chalk-chart></div>
      </div></div>`;
  }

  protected override renderProse() {
    return prose;
  }

  protected override renderCards() {
    return html`<h2 class="cards">Equation, code, kernel</h2>${cards.map((card) => html`<chalk-math-card .card=${card}></chalk-math-card>`)}`;
  }
}

define('chalk-lab-failure-modes', FailureModesLab);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-lab-failure-modes': FailureModesLab;
  }
}
