/** The denoise lab on the page. */
import { css, html, nothing } from 'lit';
import '../../components/chart/element.ts';
import type { ReferenceLine } from '../../components/chart/types.ts';
import '../../components/image-grid/element.ts';
import '../../components/math-card/element.ts';
import { define } from '../../components/shared/define.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import '../../components/tensor-view/element.ts';
import type { Hosting } from '../../runtime/open-port.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { LabElement } from '../../shell/lab-element.ts';
import { cards } from './cards.ts?math';
import type { Baselines } from './noise.ts';
import { prose } from './prose.ts';
import { definition, type schema, type TrainingName, trainings } from './schema.ts';

const SETS = ['MNIST', 'Fashion-MNIST'] as const;
type SetName = (typeof SETS)[number];

interface Level {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const NAMES: Readonly<Record<string, string>> = {
  '0.left_convs.0': 'encoder, 28×28 (its copy crosses the upper skip)',
  '0.left_convs.1': 'encoder, 14×14 (its copy crosses the lower skip)',
  '0.left_convs.2': 'bottom, 7×7',
  '0.right_convs.1': 'decoder, 14×14',
  '0.right_convs.0': 'decoder, 28×28',
  '0.final_conv': 'output',
};

const shown = (value: unknown): string => (typeof value === 'number' ? value.toPrecision(3) : String(value ?? '–'));

export class DenoiseLab extends LabElement<typeof schema> {
  static override readonly definition = definition;
  static override properties = {
    ...LabElement.properties,
    levels: { state: true },
    cutImages: { state: true },
    training: { state: true },
    failure: { state: true },
  };
  static override styles = [
    ...LabElement.styles,
    css`
      .sets {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
        gap: var(--chalk-space-4);
        min-width: 0;
      }
      .strip {
        display: grid;
        grid-template-columns: 7.5rem minmax(0, 1fr);
        gap: var(--chalk-space-2);
        align-items: center;
        margin-bottom: var(--chalk-space-1);
        font-size: var(--chalk-text-s);
      }
      @container lab (max-width: 26rem) {
        .strip {
          grid-template-columns: minmax(0, 1fr);
          gap: 0;
        }
      }
      :is(.figure, .rest) h3 {
        margin: var(--chalk-space-4) 0 var(--chalk-space-2);
        font-family: var(--chalk-font-ui);
        font-size: var(--chalk-text-m);
      }
      .by {
        margin: var(--chalk-space-2) 0 var(--chalk-space-1);
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-2);
        align-items: center;
        font-size: var(--chalk-text-s);
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        border-collapse: collapse;
        font-size: var(--chalk-text-s);
        font-variant-numeric: tabular-nums;
      }
      :is(th, td) {
        padding: 0.2rem 0.7rem 0.2rem 0;
        border-bottom: 1px solid var(--chalk-rule);
        text-align: start;
      }
    `,
  ];
  declare private levels: readonly Level[];
  declare private cutImages: Readonly<Record<string, ImageBatch>>;
  declare private training: TrainingName;
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
    this.levels = [];
    this.cutImages = {};
    this.training = 'MNIST';
    this.failure = '';
  }

  protected override async loadRecording(): Promise<string> {
    return (await fetch(new URL('./recording.json', import.meta.url))).text();
  }

  #strip(name: string): ImageBatch | null {
    const event = this.store.images.get(name);
    return event ? { data: new Uint8Array(event.data), count: event.shape[0], width: 28, height: 28, channels: 1 } : null;
  }

  async #look(set: SetName, index: number): Promise<void> {
    if (this.fixes('inside')) return;
    this.failure = '';
    try {
      const { training } = this;
      this.levels = (await this.ask('inside', { training, set, index })) as readonly Level[];
      const entries = await Promise.all(
        SETS.map(async (name) => {
          const data = new Uint8Array((await this.ask('denoise', { training, set: name })) as Uint8ClampedArray);
          return [name, { data, count: data.length / 784, width: 28, height: 28, channels: 1 } satisfies ImageBatch] as const;
        }),
      );
      this.cutImages = Object.fromEntries(entries);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
  }

  protected override renderFigure() {
    const known = trainings.filter((name) => this.store.images.has(`MNIST, denoised, ${name}`));
    const found = this.store.data.get('baselines') as { mnist: Baselines; fashion: Baselines } | undefined;
    const lines: ReferenceLine[] = found
      ? [
          { y: found.mnist.zero, label: 'always answering 0, digits' },
          { y: found.mnist.linear, label: 'best line per pixel, digits' },
          { y: found.fashion.zero, label: 'always answering 0, clothes' },
        ]
      : [];
    const looks = { MNIST: { color: 0 }, 'both in sequence': { color: 1 }, 'both shuffled': { color: 2 } } as const;
    return html`
      <div class="sets">${SETS.map(
        (set) => html`<div><h3>${set}</h3>
        ${this.#row(`${set}, clean`, 'clean')} ${this.#row(`${set}, noisy`, 'noisy')}
        ${known.length > 0 ? html`<p class="by">denoised by the network trained on</p>` : nothing}
        ${known.map((name) => this.#row(`${set}, denoised, ${name}`, name))}</div>`,
      )}</div>
      <chalk-chart label="Mean squared error in training" x-label="step" y-label="MSE" y-scale="log" smoothing="0.8" smoothing-tool .lines=${lines}
        .series=${seriesOf(this.store, 'loss', looks)} empty-text="Press play: three trainings from the same weights."></chalk-chart>`;
  }

  #row(name: string, label: string) {
    return html`<div class="strip"><span>${label}</span>
      <chalk-image-grid label=${name} scale="1" columns="8" gap="2" .images=${this.#strip(name)} empty-text="–"
        @item-select=${(event: CustomEvent<{ index: number }>) => this.#look(name.startsWith('MNIST') ? 'MNIST' : 'Fashion-MNIST', event.detail.index)}></chalk-image-grid></div>`;
  }

  protected override renderResults() {
    const rows = this.store.tables.get('errors') ?? [];
    return html`${rows.length > 0 ? this.#renderTable(rows) : nothing} ${this.#renderInside()}`;
  }

  #renderTable(rows: readonly Readonly<Record<string, unknown>>[]) {
    const columns = Object.keys(rows[0] as object);
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Errors"><table>
      <thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${columns.map((column) => html`<td>${shown(row[column])}</td>`)}</tr>`)}</tbody></table></div>`;
  }

  #renderInside() {
    if (this.store.series().length === 0 || this.hides('inside')) return nothing;
    const off = this.recorded || this.fixes('inside');
    return html`<h3>Inside the network</h3>
      <div class="buttons">
        <label>network <select ?disabled=${this.fixes('inside')} @change=${(event: Event) => {
          this.training = (event.target as HTMLSelectElement).value as TrainingName;
        }}>${trainings.map((name) => html`<option value=${name} ?selected=${name === this.training}>${name}</option>`)}</select></label>
        <button type="button" ?disabled=${off} @click=${() => this.#look('MNIST', 0)}>Look at a digit</button>
        <button type="button" ?disabled=${off} @click=${() => this.#look('Fashion-MNIST', 0)}>Look at clothes</button>
        ${this.recorded ? html`<span>Run live to look inside and to cut skip connections.</span>` : html`<span>Skips cut: ${this.config.cut}</span>`}
      </div>
      ${this.failure ? html`<p role="alert">${this.failure}</p>` : nothing}
      ${SETS.map((set) => {
        const images = this.cutImages[set];
        return images
          ? html`<div class="strip"><span>${set}, skips cut: ${this.config.cut}</span>
          <chalk-image-grid label=${`${set} with skips cut`} scale="1" columns="8" gap="2" .images=${images}></chalk-image-grid></div>`
          : nothing;
      })}
      ${this.levels.map(
        ({ name, shape, data }) => html`<h4>${NAMES[name] ?? name}</h4>
        <chalk-tensor-view name=${NAMES[name] ?? name} .shape=${shape} .data=${data}></chalk-tensor-view>`,
      )}`;
  }

  protected override renderProse() {
    return prose;
  }

  protected override renderCards() {
    return html`<h2 class="cards">Equation, code, kernel</h2>${cards.map((card) => html`<chalk-math-card .card=${card}></chalk-math-card>`)}`;
  }
}

define('chalk-lab-denoise', DenoiseLab);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-lab-denoise': DenoiseLab;
  }
}
