/** The MaskTune lab on the page. */
import { html, nothing, type PropertyValues } from 'lit';
import '../../components/chart/element.ts';
import '../../components/confusion-matrix/element.ts';
import type { ExportItem } from '../../components/export-menu/element.ts';
import '../../components/heat-map/element.ts';
import '../../components/image-grid/element.ts';
import '../../components/image-strips/element.ts';
import '../../components/result-table/element.ts';
import { type CellFormat, formatCount, formatPercent } from '../../components/shared/format.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { checkpointBar } from '../../shell/checkpoint-bar.ts';
import { batchOf } from '../../shell/image-batch.ts';
import { LabElement } from '../../shell/lab-element.ts';
import { memoLast } from '../../shell/memo.ts';
import { CLASSES, carrierOf, GROUPS } from './classes.ts';
import type { MaskTuning } from './experiment.ts';
import { lastInstead } from './last-instead.ts';
import type { Look } from './look.ts';
import { MODEL_BARS, modelBarStyles, modelBars } from './model-bars.ts';
import { modelBarsSvg } from './model-bars-svg.ts';
import { repairPlot, repairPlotStyles } from './repair-plot.ts';
import type { RepairSummary } from './repair-table.ts';
import { definition, type schema } from './schema.ts';
import type { ModelScores } from './scores.ts';
import { maskTuneStyles } from './styles.ts';
import { takeTuned } from './taken.ts';
import { WORST_GROUP } from './worst-group.ts';

const BASE = 'ERM';
const NONE: readonly never[] = [];
const SIDE = 28;
const HEADS = { 'worst group': { says: WORST_GROUP } };

/** Columns of the tables that are no shares. */
const PLAIN = ['raw loss', 'biased loss', 'seeds', 'steps', 'model', 'rule', 'method'];

interface Panel {
  readonly look: Look;
  readonly image: ImageBatch;
  readonly mask: ImageBatch;
  readonly masked: ImageBatch;
}

const square = (data: ImageBatch['data'], channels: 1 | 3, count = 1): ImageBatch => ({
  data,
  count,
  width: SIDE,
  height: SIDE,
  channels,
});

const panelOf = (look: Look): Panel => ({
  look,
  image: square(look.image, 3),
  mask: square(look.mask, 1),
  masked: square(look.masked, 3),
});

/** Pictures of several looks, one beside the other. */
function joined(looks: readonly Look[], part: 'image' | 'map' | 'mask' | 'masked'): ImageBatch {
  const length = looks[0]?.[part].length ?? 0;
  const data = part === 'image' ? new Uint8Array(length * looks.length) : new Float32Array(length * looks.length);
  looks.forEach((look, i) => {
    data.set(look[part], i * length);
  });
  const batch = square(data, part === 'image' || part === 'masked' ? 3 : 1, looks.length);
  return part === 'map' ? { ...batch, map: 'sequential', limit: 1 } : batch;
}

/** The first image of each group as the first network and the last one see it. */
function overview(looks: readonly Look[], sizes: readonly number[]) {
  const before = looks.filter(({ model }) => model === BASE);
  const after = looks.filter(({ model }) => model !== BASE);
  const strips = [
    { label: 'image', images: joined(before, 'image'), captions: GROUPS.filter((_, group) => sizes[group]) },
    { label: 'saliency, ERM', images: joined(before, 'map') },
    { label: 'mask', images: joined(before, 'mask') },
    { label: 'what is left', images: joined(before, 'masked') },
    ...(after[0] ? [{ label: `saliency, ${after[0].model}`, images: joined(after, 'map') }] : []),
  ];
  return { strips, count: before.length };
}

/** What the figure says of a whole run. */
interface Shown {
  readonly study: string;
  readonly models: readonly ModelScores[];
  readonly repairs: readonly RepairSummary[];
  readonly looks: readonly Look[] | undefined;
}

/** What is told, in the places of what the run before told; with the names that are still of that run. */
function inPlace<T>(told: readonly T[], before: readonly T[], nameOf: (one: T) => string) {
  const names = new Set(before.map(nameOf));
  const news = new Map(told.map((one) => [nameOf(one), one]));
  return {
    rows: [...before.map((one) => news.get(nameOf(one)) ?? one), ...told.filter((one) => !names.has(nameOf(one)))],
    old: new Set([...names].filter((name) => !news.has(name))),
  };
}

export class View extends LabElement<typeof schema, MaskTuning> {
  static override properties = { ...LabElement.properties, first: { state: true }, second: { state: true } };
  static override styles = [...LabElement.styles, maskTuneStyles, modelBarStyles, repairPlotStyles];
  /** The two models that are compared; empty: the first two. */
  declare private first: string;
  declare private second: string;
  readonly #looks = this.question('look');
  readonly #tuned = this.question('tune');
  readonly #overview = memoLast(overview);
  /** What was fine-tuned on request and is shown already. */
  #taken: unknown;
  /** The last whole run: it keeps its place, paled, until the next one has something to show. */
  #before: Shown | undefined;
  readonly #panels = memoLast((looks: readonly Look[]) => looks.map(panelOf));

  constructor() {
    super();
    this.first = '';
    this.second = '';
  }

  protected override runStarted(): void {
    this.first = '';
    this.second = '';
  }

  protected override configChanged(keys: readonly string[]): void {
    if (keys.some((key) => ['rule', 'strength', 'hard', 'mapOf', 'example', 'exampleSet'].includes(key))) this.#lookAgain();
  }

  /** What was fine-tuned on request becomes part of what the run has told: every figure, table and file has it, and it is looked at. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const { value } = this.#tuned;
    if (!value || value === this.#taken) return;
    this.#taken = value;
    takeTuned(this.store, value.told);
    this.second = value.name;
    this.#lookAgain();
  }

  /** All models of the run, with those that were fine-tuned on request. */
  get #models(): readonly ModelScores[] {
    return this.store.data.get('models') ?? NONE;
  }

  get #compared(): readonly [string, string] {
    const names = this.#models.map(({ name }) => name);
    const newest = names.find((name) => name !== BASE) ?? BASE;
    const known = (name: string, otherwise: string) => (names.includes(name) ? name : otherwise);
    return [known(this.first, BASE), known(this.second, newest)];
  }

  #lookAgain(): void {
    if (this.recorded || this.fixes('look') || this.#models.length === 0) return;
    const { exampleSet: set, example: index } = this.config;
    this.#looks.ask({ models: [...new Set(this.#compared)], set, index });
  }

  protected override renderFigure() {
    const { study } = this.ran;
    const told = {
      study,
      models: this.#models,
      repairs: this.store.data.get('repairs') ?? NONE,
      looks: this.store.data.get('looks'),
    };
    if (this.runState === 'finished') this.#before = told;
    const before = this.#before?.study === study ? this.#before : undefined;
    const models = inPlace(told.models, before?.models ?? NONE, ({ name }) => name);
    const repairs = inPlace(told.repairs, before?.repairs ?? NONE, ({ method }) => method);
    const looks = told.looks ?? before?.looks;
    const { strips, count } = looks ? this.#overview(looks, this.store.data.get('sizes') ?? NONE) : { strips: NONE, count: 0 };
    return html`${modelBars(models.rows, models.old, carrierOf(this.ran))} ${repairPlot(repairs.rows, repairs.old)}
      ${
        looks
          ? html`<div class="looks ${told.looks ? '' : 'old'}"><h3>One training image of each group, before and after</h3>
        <chalk-image-strips label="One training image of each group" scale="3" columns=${count} .strips=${strips}></chalk-image-strips></div>`
          : nothing
      }
      <chalk-chart label="Training loss" x-label="step" y-label="cross-entropy" y-scale="log" smoothing="0.5" smoothing-tool
        .series=${seriesOf(this.store)} empty-text="Press Run: a network learns digits, and the square that goes with them."></chalk-chart>`;
  }

  protected override renderResults() {
    return html`${this.#renderTables()} ${this.#renderData()} ${this.#renderCompared()} ${this.#renderMatrices()}
      ${
        this.store.series('fine-tuning').length > 0
          ? html`<chalk-chart label="Loss of fine-tuning and of other methods" x-label="step" y-label="cross-entropy" smoothing="0.8" smoothing-tool
        .series=${seriesOf(this.store, 'fine-tuning')}></chalk-chart>`
          : nothing
      }`;
  }

  #renderTables() {
    const table = (name: string, label: string) => {
      const rows = this.store.tables.get(name) ?? NONE;
      return html`<chalk-result-table label=${label} .rows=${rows} .formats=${this.#formats(rows)} .heads=${HEADS}
        .columns=${columnsWithValues(rows)}></chalk-result-table>`;
    };
    return html`${table('repairs', 'What each method may know, and what it is worth')} ${table('models', 'Models')}
      ${table('masks', 'What the masks hide, over the training set; of a later round with what was hidden before')}`;
  }

  #formats(rows: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, CellFormat>> {
    const shares = columnsWithValues(rows).filter((column) => !PLAIN.includes(column));
    return Object.fromEntries(shares.map((column) => [column, 'percent']));
  }

  #renderData() {
    const sizes = this.store.data.get('sizes');
    if (!sizes) return nothing;
    const strips = GROUPS.flatMap((name, group) => {
      const images = batchOf(this.store.images.get(`group ${name}`));
      return images ? [{ label: `${name}: ${formatCount(sizes[group] ?? 0)}`, images }] : [];
    });
    return html`<div><h3>Training images by group</h3>
      <chalk-image-strips label="Training images by group" columns="8" .strips=${strips}></chalk-image-strips></div>`;
  }

  #renderCompared() {
    if (this.#models.length === 0 || this.hides('look')) return nothing;
    const [before, after] = this.#compared;
    const off = this.recorded || this.fixes('look');
    const { answer } = this.#looks;
    const tuning = this.#tuned.asking !== undefined;
    return html`<div><h3>Any two networks, any image</h3>
      <div class="choices">
        ${this.#choose('first', before, this.fixes('look'), (name) => {
          this.first = name;
        })}
        ${this.#choose('second', after, this.fixes('look'), (name) => {
          this.second = name;
        })}
        <button type="button" ?disabled=${off} @click=${() => this.#lookAgain()}>Look at image ${this.config.example} (${this.config.exampleSet})</button>
        <button type="button" ?disabled=${off || tuning || this.ran.study === 'repairs'} @click=${() => this.#tuned.ask()}>
          ${tuning ? 'Fine-tuning…' : 'Fine-tune with these masks'}</button>
        ${this.recorded ? html`<span class="facts">Run live to look at other images and to fine-tune again.</span>` : nothing}
      </div>
      ${answer ? html`${lastInstead(answer.asked[0].index, answer.value[0])}${this.#panels(answer.value).map((panel) => renderPanel(panel))}` : nothing}</div>`;
  }

  #choose(label: string, chosen: string, off: boolean, take: (name: string) => void) {
    const choose = (event: Event & { currentTarget: HTMLSelectElement }) => {
      take(event.currentTarget.value);
      this.#lookAgain();
    };
    return html`<label>${label} <select ?disabled=${off} @change=${choose}>
      ${this.#models.map(({ name }) => html`<option value=${name} .selected=${name === chosen}>${name}</option>`)}</select></label>`;
  }

  #renderMatrices() {
    const shown = [...new Set(this.#compared)].flatMap((name) => this.#models.filter((model) => model.name === name));
    if (shown.length === 0) return nothing;
    const matrix = (model: ModelScores, set: 'raw' | 'biased') => html`<div>
      <chalk-confusion-matrix label=${`${model.name}, ${set} test`} .classes=${CLASSES}
        .matrix=${{ classes: 2, counts: model[set].counts }}></chalk-confusion-matrix>
      <p class="facts">precision ${formatPercent(model[set].precision)}, recall ${formatPercent(model[set].recall)}, F1
        ${formatPercent(model[set].f1)} (means of both classes)</p></div>`;
    return html`<div><h3>Confusion matrices</h3>
      <div class="matrices">${shown.flatMap((model) => [matrix(model, 'raw'), matrix(model, 'biased')])}</div></div>`;
  }

  protected override renderTools() {
    if (this.hides('checkpoint')) return nothing;
    return checkpointBar(this, definition, 'the run so far', this.fixes('checkpoint'), ['seeds']);
  }

  protected override exportItems(): readonly ExportItem[] {
    const figure = this.renderRoot.querySelector('.models');
    if (!figure) return [];
    const styleOf = (part: string) => getComputedStyle(figure.querySelector(part) ?? figure);
    const provide = () =>
      modelBarsSvg(this.#models, carrierOf(this.ran), {
        classes: CLASSES.map((_, label) => styleOf(`.bar.class${label} i`).backgroundColor),
        ink: styleOf('.name').color,
        paper: getComputedStyle(this).backgroundColor,
      });
    return [{ id: 'classes', label: MODEL_BARS, format: 'svg', name: 'masktune-accuracy-of-each-class', provide }];
  }
}

/** Columns in which some row has something. */
function columnsWithValues(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return columns.filter((column) => rows.some((row) => row[column] !== null && row[column] !== undefined));
}

function renderPanel({ look, image, mask, masked }: Panel) {
  const { model, label, predicted, probability, index, set, map } = look;
  const says = `${model} says ${CLASSES[predicted]} (${formatPercent(probability)}) to image ${index} of the ${set} set, a digit of ${CLASSES[label]}`;
  return html`<h4>${says}</h4>
    <div class="panels">
      <div><chalk-image-grid label="image" scale="4" .images=${image}></chalk-image-grid><p class="facts">image</p></div>
      <div><chalk-heat-map label="saliency over the image" columns=${SIDE} map="sequential" size="112" limit="1" no-legend fade opacity="0.85"
        .values=${map} .image=${image}></chalk-heat-map><p class="facts">saliency</p></div>
      <div><chalk-image-grid label="mask" scale="4" .images=${mask}></chalk-image-grid><p class="facts">mask: white is hidden</p></div>
      <div><chalk-image-grid label="what is left" scale="4" .images=${masked}></chalk-image-grid><p class="facts">what is left</p></div>
    </div>`;
}
