/** The MODE lab on the page. */
import { html, nothing } from 'lit';
import '../../components/chart/element.ts';
import '../../components/heat-map/element.ts';
import type { ImageStrip } from '../../components/image-strips/element.ts';
import '../../components/image-strips/element.ts';
import type { ExportItem } from '../../components/export-menu/element.ts';
import '../../components/result-table/element.ts';
import { fileName } from '../../components/shared/files.ts';
import { formatCount, formatNumber, formatPercent } from '../../components/shared/format.ts';
import { bandsOf, type Looks, seriesOf } from '../../shell/chart-series.ts';
import { checkpointBar } from '../../shell/checkpoint-bar.ts';
import { HeldRoom } from '../../shell/held-room.ts';
import { grayBatch } from '../../shell/image-batch.ts';
import { LabElement } from '../../shell/lab-element.ts';
import { memoLast } from '../../shell/memo.ts';
import type { ModeLab } from './experiment.ts';
import {
  type Against,
  accuracyFigure,
  accuracyTracks,
  differenceFigure,
  differenceTracks,
  emptyMaps,
  judgement,
  mapBatch,
} from './figures.ts';
import type { Gallery, GalleryRow, Maps } from './look.ts';
import { effective, names } from './methods.ts';
import { definition, type schema } from './schema.ts';
import { modeStyles } from './styles.ts';
import type { Summary } from './summary.ts';
import { type Tracks, trackStyles } from './tracks.ts';

const NONE: readonly never[] = [];
const LABELS = Array.from({ length: 10 }, (_, label) => label);
const AGAINST: readonly { readonly id: Against; readonly name: string }[] = [
  { id: 'random', name: 'on random images' },
  { id: 'randomOfLabel', name: 'on random images of the label' },
  { id: 'control', name: 'as the published control' },
];
const LOOKS: Looks = { repaired: { color: 'model' }, control: { color: 'data', dash: [6, 4] } };

/** What an interval of shares can reach. */
const SHARES = [0, 1] as const;
const DISTANCE: Looks = { 'd_B to the sub-network before': { label: 'to the sub-network before' } };

/** The strips of the heat maps, ten labels wide. */
function mapStrips({ means, differences }: Maps, swapped: boolean): ImageStrip[] {
  const [positive, negative] = swapped
    ? (['falseNegative', 'falsePositive'] as const)
    : (['falsePositive', 'falseNegative'] as const);
  const strip = (label: string, maps: readonly (Float32Array | null)[], signed = false): ImageStrip => ({
    label,
    images: mapBatch(maps, signed),
  });
  return [
    { ...strip('HCI: right', means.correct), heading: 'mean images of the labels 0 to 9' },
    strip('HMI: false positives', means[positive]),
    strip('HWI: false negatives', means[negative]),
    { ...strip('DHMI = HMI − HCI', differences[positive], true), heading: 'differences: brown more, green less ink' },
    strip('DHWI = HWI − HCI', differences[negative], true),
  ];
}

function galleryStrips({ rows }: Gallery, end: 'nearest' | 'farthest'): ImageStrip[] {
  const range = (row: GalleryRow) => (row.range ? `: ${formatNumber(row.range[end === 'nearest' ? 0 : 1], 3)}` : '');
  return rows.map((row) => ({
    label: `${row.name}${range(row)}`,
    images: row[end].length > 0 ? grayBatch(row[end], 28) : null,
  }));
}

export class View extends LabElement<typeof schema, ModeLab> {
  static override properties = { ...LabElement.properties, other: { state: true }, against: { state: true } };
  static override styles = [...LabElement.styles, modeStyles, trackStyles];
  /** The second label of DHCI. */
  declare private other: number;
  /** What the repairs are compared with. */
  declare private against: Against;
  readonly #room = new HeldRoom(this);
  readonly #ofLabel = this.question('ofLabel');
  readonly #ofMeasure = this.question('ofMeasure');
  readonly #between = this.question('between');
  readonly #mapStrips = memoLast(mapStrips);
  readonly #nearest = memoLast((gallery: Gallery) => galleryStrips(gallery, 'nearest'));
  readonly #farthest = memoLast((gallery: Gallery) => galleryStrips(gallery, 'farthest'));
  readonly #nearestOfAll = memoLast((gallery: Gallery) => galleryStrips(gallery, 'nearest'));
  readonly #farthestOfAll = memoLast((gallery: Gallery) => galleryStrips(gallery, 'farthest'));

  constructor() {
    super();
    this.other = -1;
    this.against = 'random';
  }

  protected override runStarted(): void {
    this.#room.hold();
    this.other = -1;
  }

  /** The label that is looked at. */
  get #label(): number {
    const { label } = this.config;
    return label === 'faulty' ? (this.store.data.get('accuracies')?.worst ?? 0) : Number(label);
  }

  protected override configChanged(keys: readonly string[]): void {
    if (this.recorded || !this.store.data.has('maps') || this.fixes('gallery')) return;
    if (keys.includes('label')) {
      this.#ofLabel.ask({ label: this.#label });
      this.#askBetween();
    }
    if (keys.includes('measure')) this.#ofMeasure.ask({ measure: this.config.measure });
  }

  #askBetween(): void {
    const other = this.other >= 0 && this.other !== this.#label ? this.other : (this.#label + 1) % 10;
    this.#between.ask({ label: this.#label, other });
  }

  protected override renderFigure() {
    const found = this.store.data.get('accuracies');
    const summaries = this.store.data.get('summaries') ?? NONE;
    return html`<div>
        <h3>Accuracy of each label, first seed</h3>
        ${
          found
            ? accuracyFigure(found, this.store.data.get('rounds') ?? NONE, this.ran)
            : html`<p class="facts">Press Run: a network is trained, its faulty labels are found and repaired.</p>`
        }
      </div>
      ${this.#renderRounds()} ${summaries.length === 0 ? nothing : this.#renderDifferences(summaries)}`;
  }

  /** Not every run repairs on random images. */
  #comparable(summaries: readonly Summary[]) {
    return AGAINST.filter(({ id }) => id === 'control' || summaries.some(({ beyond }) => beyond[id] !== null));
  }

  #renderDifferences(summaries: readonly Summary[]) {
    const possible = this.#comparable(summaries);
    const chosen = possible.find(({ id }) => id === this.against) ?? possible[0];
    if (!chosen) return nothing;
    const choose = (event: Event & { currentTarget: HTMLSelectElement }) => {
      this.against = possible[event.currentTarget.selectedIndex]?.id ?? 'control';
    };
    return html`<h3>Does the choice of images matter? Differences in points</h3>
      <p class="tools-line"><label>repaired minus repaired <select data-view @change=${choose}>
        ${possible.map(({ id, name }) => html`<option ?selected=${id === chosen.id}>${name}</option>`)}</select></label></p>
      <div class="pair">
        <div><p class="facts">all images</p>${differenceFigure(summaries, chosen.id, 'average')}</div>
        <div><p class="facts">the worst label</p>${differenceFigure(summaries, chosen.id, 'worst')}</div>
      </div>`;
  }

  #renderRounds() {
    if (this.store.series('average').length === 0) return nothing;
    const method = effective(this.ran.method, this.ran.published);
    const [own] = (this.store.data.get('summaries') ?? NONE).filter((summary) => summary.method === method);
    const seeds = own && own.seeds > 1 ? `, mean of ${own.seeds} seeds with 95 % intervals` : ', first seed';
    const chart = (
      name: string,
      label: string,
    ) => html`<chalk-chart label=${label} x-label="repair round" y-label="accuracy" height="180"
      .series=${seriesOf(this.store, name, LOOKS)} .bands=${bandsOf(this.store, name, LOOKS, SHARES)}></chalk-chart>`;
    return html`<h3>Repair by ${names[method]} beside its control${seeds}</h3>
      <div class="pair">${chart('average', 'All images')} ${chart('worst', 'The worst label')}</div>`;
  }

  protected override renderResults() {
    return html`<chalk-result-table label="Repairs" .rows=${this.store.tables.get('repairs') ?? NONE}>
        <p>After the last round, on the test set; intervals of 95 % over seeds, paired t-test against each way’s own control. A difference
          whose interval holds 0 is no difference.</p></chalk-result-table>
      ${this.#renderMaps()} ${this.#renderGalleries()} ${this.#renderFeatures()} ${this.#renderLayers()} ${this.#renderLoss()}`;
  }

  protected override renderTools() {
    if (this.hides('checkpoint')) return nothing;
    return checkpointBar(this, definition, 'all repairs so far', this.fixes('checkpoint'), ['seeds', 'compare', 'method']);
  }

  /** The figures that are drawn with elements, not on a canvas: pictures of those the shell finds by itself. */
  protected override exportItems(): readonly ExportItem[] {
    const found = this.store.data.get('accuracies');
    const summaries = this.store.data.get('summaries') ?? NONE;
    const picture = (label: string, tracks: Tracks | undefined, title = label): ExportItem[] =>
      tracks
        ? [
            {
              ...{ id: label, label, format: 'svg', name: fileName('mode', label) },
              provide: async () => (await import('./track-svg.ts')).tracksSvg(title, tracks),
            },
          ]
        : [];
    const accuracy = found && accuracyTracks(found, this.store.data.get('rounds') ?? NONE);
    return [
      ...picture(
        'Accuracy of each label',
        accuracy,
        found && `Accuracy of each label, first seed; ${judgement(found, this.ran)}`,
      ),
      ...this.#comparable(summaries).flatMap(({ id, name }) =>
        (['average', 'worst'] as const).flatMap((quantity) =>
          picture(
            `Points of ${quantity === 'average' ? 'all images' : 'the worst label'}, minus those of repairs ${name}`,
            differenceTracks(summaries, id, quantity),
          ),
        ),
      ),
    ];
  }

  #renderMaps() {
    const maps = this.store.data.get('maps');
    if (!maps) return nothing;
    const empty = emptyMaps(maps);
    return html`<h3>Heat maps: mean images where bugs are looked for${this.ran.swapped ? ', swapped as published' : ''}</h3>
      <chalk-image-strips label="Heat maps" columns="10" .strips=${this.#mapStrips(maps, this.config.swapped)}></chalk-image-strips>
      ${empty ? html`<p class="facts">A mean of no image, drawn as nothing: ${empty}.</p>` : nothing}
      ${this.#renderBetween()}`;
  }

  #renderBetween() {
    const found = this.#between.value ?? this.store.data.get('between');
    if (!found) return nothing;
    const choose = (event: Event & { currentTarget: HTMLSelectElement }) => {
      this.other = Number(event.currentTarget.value);
      this.#askBetween();
    };
    const off = this.recorded || this.fixes('gallery');
    return html`<h3>DHCI: ${found.label} minus ${found.other}</h3>
      <p class="tools-line"><label>minus <select ?disabled=${off} @change=${choose}>
        ${LABELS.filter((label) => label !== found.label).map((label) => html`<option ?selected=${label === found.other}>${label}</option>`)}
      </select></label> ${this.#renderRecordedHint()}</p>
      ${
        found.values
          ? html`<chalk-heat-map label=${`DHCI of ${found.label} and ${found.other}`} columns="28" map="diverging" size="168" .values=${found.values}></chalk-heat-map>`
          : html`<p class="facts">One of the two is never right: there is nothing to subtract.</p>`
      }`;
  }

  #renderRecordedHint() {
    return this.recorded ? html`<span class="facts">Run live to choose other labels and measures.</span>` : nothing;
  }

  #renderGalleries() {
    const ofLabel = this.#ofLabel.value ?? this.store.data.get('ofLabel');
    const ofMeasure = this.#ofMeasure.value ?? this.store.data.get('ofMeasure');
    if (!ofLabel || !ofMeasure || this.hides('gallery')) return nothing;
    const label = 'label' in ofLabel.of ? ofLabel.of.label : this.#label;
    const measure = 'measure' in ofMeasure.of ? ofMeasure.of.measure : this.config.measure;
    const pair = (title: string, nearest: readonly ImageStrip[], farthest: readonly ImageStrip[]) => html`<h3>${title}</h3>
      <div class="pair">
        <div><p class="facts">best: the most alike first</p>
          <chalk-image-strips label=${`${title}: best`} columns="8" .strips=${nearest}></chalk-image-strips></div>
        <div><p class="facts">worst: the least alike first</p>
          <chalk-image-strips label=${`${title}: worst`} columns="8" .strips=${farthest}></chalk-image-strips></div>
      </div>`;
    const nothingAlike = ofLabel.rows.every(({ range }) => range === null);
    return html`${pair(`Which ${label} is most like its heat map? Nine answers`, this.#nearest(ofLabel), this.#farthest(ofLabel))}
      <p class="facts">${
        nothingAlike
          ? `No ${label} is right, or none is in the pool: there is nothing to be like.`
          : 'The number is the mean measure of the row. As published the earth mover’s order is reversed: its best are the worst shown here.'
      }</p>
      ${pair(`Every label by the ${names[measure]} measure`, this.#nearestOfAll(ofMeasure), this.#farthestOfAll(ofMeasure))}`;
  }

  #renderFeatures() {
    const features = this.store.data.get('features');
    if (!features) return nothing;
    return html`<h3>Feature space: what each label is known by in the last hidden layer</h3>
      <p class="facts">DH: a row for each label from 0 to 9, a column for each unit.${
        features.empty.length > 0 ? ` Never right, so without a row: ${features.empty.join(', ')}.` : ''
      }</p>
      <chalk-heat-map label="Differential feature maps" columns=${features.units} map="diverging" size="448" .values=${features.values}></chalk-heat-map>`;
  }

  #renderLayers() {
    const selected = this.store.data.get('layers');
    if (!selected || this.store.series('distance').length === 0) return nothing;
    const output = selected.filter(({ target }) => target === null).length;
    const { threshold } = this.ran;
    const x = selected[0]?.direction === 'backward' ? 'sub-networks, from the last layer on' : 'hidden layers';
    return html`<h3>Layer selection</h3>
      <p class="facts">Target: the output layer for ${output} of ${selected.length} seed${selected.length === 1 ? '' : 's'}${
        output < selected.length ? `; else ${selected.flatMap(({ target }) => target ?? []).join(', ')}` : ''
      }. The charts are of the first seed.</p>
      <div class="pair">
        <chalk-chart label="Distance between sub-networks" x-label=${x} y-label="distance" y-scale="log" height="180"
          .lines=${[{ y: threshold, label: 'saturated' }]} .series=${seriesOf(this.store, 'distance', DISTANCE)}></chalk-chart>
        <chalk-chart label="Accuracy of the sub-networks" x-label=${x} y-label="accuracy" height="180"
          .series=${seriesOf(this.store, 'depth')}></chalk-chart>
      </div>`;
  }

  #renderLoss() {
    if (this.store.series().length === 0) return nothing;
    const { result } = this.store;
    return html`<h3>The first training</h3>
      ${
        result
          ? html`<p class="facts">${formatCount(result.images.train)} images to train on, ${formatCount(result.images.pool)} in the pool,
            ${formatCount(result.images.evaluation)} to look for bugs on, ${formatCount(result.images.test)} to test; accuracy on the test set
            ${formatPercent(result.initial, 2)}.</p>`
          : nothing
      }
      <chalk-chart label="Training loss" x-label="step" y-label="cross-entropy" height="180" smoothing="0.9" smoothing-tool
        .series=${seriesOf(this.store)}></chalk-chart>`;
  }
}
