/** The denoise lab on the page. */
import { html, nothing } from 'lit';
import '../../components/chart/element.ts';
import type { ReferenceLine } from '../../components/chart/types.ts';
import '../../components/image-grid/element.ts';
import '../../components/tensor-view/element.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { batchOf, grayBatch } from '../../shell/image-batch.ts';
import { LabElement } from '../../shell/lab-element.ts';
import type { Denoising } from './experiment.ts';
import { type SetName, type schema, sets, type TrainingName, trainings } from './schema.ts';
import { denoiseStyles } from './styles.ts';

const NAMES: Readonly<Record<string, string>> = {
  '0.left_convs.0': 'encoder, 28×28 (its copy crosses the upper skip)',
  '0.left_convs.1': 'encoder, 14×14 (its copy crosses the lower skip)',
  '0.left_convs.2': 'bottom, 7×7',
  '0.right_convs.1': 'decoder, 14×14',
  '0.right_convs.0': 'decoder, 28×28',
  '0.final_conv': 'output',
};

const shown = (value: unknown): string => (typeof value === 'number' ? value.toPrecision(3) : String(value ?? '–'));

export class View extends LabElement<typeof schema, Denoising> {
  static override properties = { ...LabElement.properties, chosen: { state: true } };
  static override styles = [...LabElement.styles, denoiseStyles];
  /** The network to look into. */
  declare private chosen: TrainingName;
  readonly #levels = this.question('inside');
  readonly #pictures = this.question('denoise');

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

  protected override renderFigure() {
    const known = trainings.filter((name) => this.store.images.has(`MNIST, denoised, ${name}`));
    const found = this.store.data.get('baselines');
    const lines: ReferenceLine[] = found
      ? [
          { y: found.mnist.zero, label: 'always answering 0, digits' },
          { y: found.mnist.linear, label: 'best line per pixel, digits' },
          { y: found.fashion.zero, label: 'always answering 0, clothes' },
        ]
      : [];
    const looks = { MNIST: { color: 0 }, 'both in sequence': { color: 1 }, 'both shuffled': { color: 2 } } as const;
    return html`
      <div class="sets">${sets.map(
        (set) => html`<div><h3>${set}</h3>
        ${this.#row(set, `${set}, clean`, 'clean')} ${this.#row(set, `${set}, noisy`, 'noisy')}
        ${known.length > 0 ? html`<p class="by">denoised by the network trained on</p>` : nothing}
        ${known.map((name) => this.#row(set, `${set}, denoised, ${name}`, name))}</div>`,
      )}</div>
      <chalk-chart label="Mean squared error in training" x-label="step" y-label="MSE" y-scale="log" smoothing="0.8" smoothing-tool .lines=${lines}
        .series=${seriesOf(this.store, 'loss', looks)} empty-text="Press play: three trainings from the same weights."></chalk-chart>`;
  }

  #row(set: SetName, name: string, label: string) {
    return html`<div class="strip"><span>${label}</span>
      <chalk-image-grid label=${name} scale="1" columns="8" gap="2" .images=${batchOf(this.store.images.get(name))} empty-text="–"
        @item-select=${(event: CustomEvent<{ index: number }>) => this.#look(set, event.detail.index)}></chalk-image-grid></div>`;
  }

  protected override renderResults() {
    return html`${this.#renderTable()} ${this.#renderInside()}`;
  }

  #renderTable() {
    const rows = this.store.tables.get('errors') ?? [];
    if (!rows[0]) return nothing;
    const columns = Object.keys(rows[0]);
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Errors"><table>
      <thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${columns.map((column) => html`<td>${shown(row[column])}</td>`)}</tr>`)}</tbody></table></div>`;
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
    return sets.map(
      (set) => html`<div class="strip"><span>${set} by ${training}, skips cut: ${cut}</span>
        <chalk-image-grid label=${`${set} by the network trained on ${training}, skips cut: ${cut}`} scale="1" columns="8" gap="2"
          .images=${grayBatch(answer.value[set], 28)}></chalk-image-grid></div>`,
    );
  }

  #renderLevels() {
    const { answer } = this.#levels;
    if (!answer) return nothing;
    const [{ training, cut, set, index }] = answer.asked;
    return html`<h4>${set}, image ${index + 1}, in the network trained on ${training}, skips cut: ${cut}</h4>
      ${answer.value.map(
        ({ name, shape, data }) => html`<h5>${NAMES[name] ?? name}</h5>
        <chalk-tensor-view name=${NAMES[name] ?? name} .shape=${shape} .data=${data}></chalk-tensor-view>`,
      )}`;
  }
}
