/** The denoise lab on the page. */
import { html, nothing } from 'lit';
import '../../components/chart/element.ts';
import type { ReferenceLine } from '../../components/chart/types.ts';
import type { ExportItem } from '../../components/export-menu/element.ts';
import type { ImageSource, PickedImage } from '../../components/image-picker/element.ts';
import '../../components/image-picker/element.ts';
import type { ImageStrip, StripDetail } from '../../components/image-strips/element.ts';
import '../../components/image-strips/element.ts';
import '../../components/result-table/element.ts';
import '../../components/tensor-view/element.ts';
import { fileName } from '../../components/shared/files.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { checkpointBar } from '../../shell/checkpoint-bar.ts';
import { batchOf, grayBatch } from '../../shell/image-batch.ts';
import { LabElement } from '../../shell/lab-element.ts';
import type { Denoising } from './experiment.ts';
import { definition, type SetName, type schema, sets, type TrainingName, trainings } from './schema.ts';
import { denoiseStyles } from './styles.ts';

const NAMES: Readonly<Record<string, string>> = {
  '0.left_convs.0': 'encoder, 28×28 (its copy crosses the upper skip)',
  '0.left_convs.1': 'encoder, 14×14 (its copy crosses the lower skip)',
  '0.left_convs.2': 'bottom, 7×7',
  '0.right_convs.1': 'decoder, 14×14',
  '0.right_convs.0': 'decoder, 28×28',
  '0.final_conv': 'output',
};

/** One empty list for all: a new one would make the table draw anew. */
const NONE: readonly never[] = [];

const OWN_SOURCES: readonly ImageSource[] = [
  { kind: 'draw', id: 'draw', title: 'draw' },
  { kind: 'own', id: 'own', title: 'my own' },
];

export class View extends LabElement<typeof schema, Denoising> {
  static override properties = { ...LabElement.properties, chosen: { state: true } };
  static override styles = [...LabElement.styles, denoiseStyles];
  /** The network to look into. */
  declare private chosen: TrainingName;
  readonly #levels = this.question('inside');
  readonly #pictures = this.question('denoise');
  readonly #own = this.question('own');

  constructor() {
    super();
    this.chosen = 'MNIST';
  }

  /** The networks that this run trains. */
  get #trained(): readonly TrainingName[] {
    const { training } = this.ran;
    return training === 'all three' ? trainings : [training];
  }

  #look(set: SetName, index: number): void {
    if (this.recorded || this.fixes('inside')) return;
    const { cut } = this.config;
    const training = this.#trained.find((name) => name === this.chosen) ?? this.#trained[0] ?? this.chosen;
    this.#levels.ask({ training, cut, set, index });
    this.#pictures.ask({ training, cut });
  }

  /** What is looked at follows the choice of network and cut. */
  #lookAgain(): void {
    const asked = this.#levels.answer?.asked[0];
    if (asked) this.#look(asked.set, asked.index);
  }

  protected override configChanged(keys: readonly string[]): void {
    if (keys.includes('cut')) this.#lookAgain();
  }

  protected override renderTools() {
    if (this.hides('checkpoint')) return nothing;
    return checkpointBar(this, definition, 'all denoisers', this.fixes('checkpoint'));
  }

  protected override exportItems(): readonly ExportItem[] {
    const off = this.recorded || this.runState === 'idle' ? { unavailable: 'after the start of a live run' } : {};
    return [
      ...this.#trained.map(
        (training): ExportItem => ({
          id: `network-${training}`,
          label: `the denoiser trained on ${training}`,
          format: 'safetensors',
          name: fileName('denoise', training),
          provide: () => this.ask('network', { training }),
          ...off,
        }),
      ),
      {
        id: 'engine',
        label: 'these trainings with the engine alone',
        format: 'ts',
        name: 'denoise-training',
        provide: async () => (await import('./code.ts')).runnableCode(this.made.config, this.made.changes),
      },
    ];
  }

  protected override renderFigure() {
    // A strip stands for each network from the start: nothing moves when its pictures come.
    const known = trainings.filter((name) => this.#trained.includes(name));
    const found = this.store.data.get('baselines');
    const lines: ReferenceLine[] = found
      ? [
          { y: found.mnist.zero, label: 'digits: predict the mean' },
          { y: found.mnist.linear, label: 'digits: best linear estimate' },
          { y: found.fashion.zero, label: 'clothes: predict the mean' },
        ]
      : [];
    const looks = { MNIST: { color: 0 }, 'both in sequence': { color: 1 }, 'both shuffled': { color: 2 } } as const;
    return html`
      <p class="facts">${this.#about()}</p>
      <div class="sets">${sets.map(
        (set) => html`<div><h3>${set}</h3>
        <chalk-image-strips label=${set} columns="8" .strips=${this.#strips(set, known)}
          @strip-select=${(event: CustomEvent<StripDetail>) => this.#look(set, event.detail.index)}></chalk-image-strips></div>`,
      )}</div>
      <chalk-chart label="Mean squared error in training" x-label="step" y-label="MSE" y-scale="log" smoothing="0.8" smoothing-tool .lines=${lines}
        .series=${seriesOf(this.store, 'loss', looks)} empty-text="Press Run: three trainings from the same weights."></chalk-chart>`;
  }

  /** What of the run is the source's choice. */
  #about(): string {
    const { clothesShown, clothesNormalisation } = this.ran;
    const shown = clothesShown === 'train' ? 'from the training split, as published' : 'from the test split';
    const units =
      clothesNormalisation === 'own' ? 'their own mean and deviation' : 'the mean and deviation of the digits, as published';
    return `Digits from the test split; clothes ${shown}, normalised with ${units}.`;
  }

  #strips(set: SetName, known: readonly TrainingName[]): ImageStrip[] {
    const strip = (label: string, name = label): ImageStrip => ({
      label,
      images: batchOf(this.store.images.get(`${set}, ${name}`)),
    });
    const denoised = known.map((name, at) => ({
      ...strip(name, `denoised, ${name}`),
      ...(at === 0 && { heading: 'denoised by the network trained on' }),
    }));
    return [strip('clean'), strip('noisy'), ...denoised];
  }

  protected override renderResults() {
    return html`<chalk-result-table label="Errors" .rows=${this.store.tables.get('errors') ?? NONE}><p>±: standard error of the mean, over the test images.</p></chalk-result-table>
      ${this.#renderOwn()} ${this.#renderInside()}`;
  }

  /** A drawing or a picture of the reader's, by every network. */
  #renderOwn() {
    if (this.store.series().length === 0 || this.hides('own')) return nothing;
    const { answer } = this.#own;
    const strips: ImageStrip[] = answer
      ? [
          { label: 'yours', images: grayBatch(answer.value.clean, 28) },
          { label: 'noisy', images: grayBatch(answer.value.noisy, 28) },
          ...Object.entries(answer.value.denoised).map(([training, bytes]) => ({
            label: training,
            images: grayBatch(bytes, 28),
          })),
        ]
      : [];
    const pick = ({ detail: { pixels } }: CustomEvent<PickedImage>) => {
      if (pixels && !this.recorded) this.#own.ask({ pixels, as: 'MNIST' });
    };
    return html`<h3>Your own picture</h3>
      <p class="facts">${this.recorded ? 'Run live: a recording cannot denoise your picture.' : 'Draw something, or choose a file: noise is added, and every network takes it away.'}</p>
      <div class="own">
        <chalk-image-picker label="Picture to denoise" width="28" height="28" channels="1" ?disabled=${this.fixes('own')} .sources=${OWN_SOURCES} @image-pick=${pick}></chalk-image-picker>
        <chalk-image-strips label="Your picture" scale="3" columns="1" .strips=${strips}></chalk-image-strips>
      </div>`;
  }

  #renderInside() {
    if (this.store.series().length === 0 || this.hides('inside')) return nothing;
    const off = this.recorded || this.fixes('inside');
    const choose = (event: Event & { currentTarget: HTMLSelectElement }) => {
      const name = trainings.find((training) => training === event.currentTarget.value);
      if (name) this.chosen = name;
      this.#lookAgain();
    };
    return html`<h3>Inside the network</h3>
      <div class="buttons">
        <label>network <select ?disabled=${this.fixes('inside')} @change=${choose}>
          ${this.#trained.map((name) => html`<option value=${name} ?selected=${name === this.chosen}>${name}</option>`)}</select></label>
        <button type="button" ?disabled=${off} @click=${() => this.#look('MNIST', 0)}>Look at a digit</button>
        <button type="button" ?disabled=${off} @click=${() => this.#look('Fashion-MNIST', 0)}>Look at clothes</button>
        ${this.recorded ? html`<span>Run live to look inside and to cut skip connections.</span>` : html`<span>Skips cut: ${this.config.cut}</span>`}
      </div>
      ${this.#renderPictures()} ${this.#renderLevels()}`;
  }

  /** Each caption names the network and the cut that the pictures were asked for with, whatever the controls say now. */
  #renderPictures() {
    const { answer } = this.#pictures;
    if (!answer) return nothing;
    const [{ training, cut }] = answer.asked;
    const strips = sets.map((set): ImageStrip => ({ label: set, images: grayBatch(answer.value[set], 28) }));
    return html`<chalk-image-strips label=${`By the network trained on ${training}, skips cut: ${cut}`} columns="8"
      .strips=${[{ ...strips[0], heading: `by the network trained on ${training}, skips cut: ${cut}` }, ...strips.slice(1)]}></chalk-image-strips>`;
  }

  #renderLevels() {
    const { answer } = this.#levels;
    if (!answer) return nothing;
    const [{ training, cut, set, index }] = answer.asked;
    return html`<h4>${set}, image ${index + 1}, in the network trained on ${training}, skips cut: ${cut}</h4>
      ${answer.value.map(
        ({ name, shape, data }) =>
          html`<chalk-tensor-view name=${NAMES[name] ?? name} .shape=${shape} .data=${data}></chalk-tensor-view>`,
      )}`;
  }
}
