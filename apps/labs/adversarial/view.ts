/** The adversarial lab on the page. */
import { html, nothing } from 'lit';
import '../../components/chart/element.ts';
import '../../components/image-grid/element.ts';
import type { ImageSource, PickedImage } from '../../components/image-picker/element.ts';
import '../../components/image-picker/element.ts';
import type { GivenNetwork } from '../../components/network-source/element.ts';
import '../../components/network-source/element.ts';
import '../../components/result-table/element.ts';
import { type CellFormat, formatNumber, formatPercent } from '../../components/shared/format.ts';
import type { ImageBatch } from '../../components/shared/images.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { batchOf } from '../../shell/image-batch.ts';
import { LabElement, type StartOptions } from '../../shell/lab-element.ts';
import { memoLast } from '../../shell/memo.ts';
import type { Attacked, Verdict } from './attack.ts';
import type { Adversarial } from './experiment.ts';
import './landscape-view.ts';
import { changeBatch, frameBatch } from './pictures.ts';
import { SECOND, schema } from './schema.ts';
import { adversarialStyles } from './styles.ts';

const NONE: readonly never[] = [];
/** Parameters that attack the picture anew when one of them is changed. */
const ATTACKING: readonly string[] = [
  ...['attack', 'example', 'target', 'epsilon', 'stepSize', 'attackSteps', 'randomStart', 'lambda', 'rate', 'victim'],
];

export class View extends LabElement<typeof schema, Adversarial> {
  static override properties = { ...LabElement.properties, at: { state: true } };
  static override styles = [...LabElement.styles, adversarialStyles];
  /** The step that is shown; −1: the last. */
  declare private at: number;
  readonly #answer = this.question('attack');
  /** The reader's picture; null: a test image. */
  #own: Uint8Array | null = null;
  readonly #files = new Map<string, Uint8Array>();
  readonly #frame = memoLast((attacked: Attacked, at: number) => frameBatch(attacked, at));
  readonly #change = memoLast((attacked: Attacked, at: number) => changeBatch(attacked, at));
  readonly #original = memoLast((attacked: Attacked) => frameBatch(attacked, -1));
  readonly #noise = memoLast((attacked: Attacked) => frameBatch(attacked, null));
  readonly #curves = memoLast(curvesOf);
  /** What was shown last, and the names of its classes: it keeps its place, paled, until the next run attacks. */
  #before: { readonly attacked: Attacked; readonly names: readonly string[] } | undefined;

  constructor() {
    super();
    this.at = -1;
  }

  protected override runStarted(): void {
    this.at = -1;
    this.#own = null;
  }

  protected override startOptions(): StartOptions {
    return { files: this.#files };
  }

  protected override configChanged(keys: readonly string[]): void {
    if (keys.includes('example')) this.#own = null;
    if (keys.some((key) => ATTACKING.includes(key))) this.#attack();
  }

  /** Attacks the chosen picture with the chosen settings, on the networks as they are. */
  #attack(): void {
    if (this.recorded || this.fixes('picture') || !this.store.data.has('networks')) return;
    this.at = -1;
    this.#answer.ask({ pixels: this.#own });
  }

  #pick({ source, index, pixels }: PickedImage): void {
    if (source === 'set') {
      if (!this.fixes('example')) this.set({ example: index });
      return;
    }
    this.#own = pixels;
    if (pixels) this.#attack();
  }

  #use({ name, bytes, facts }: GivenNetwork, second: boolean): void {
    const dataset = schema.dataset.values.find((value) => value === facts.dataset);
    const values = second ? ({ other: 'file' } as const) : dataset ? { dataset } : {};
    if (!this.take(values, 'This network')) return;
    this.#forget(second);
    this.#files.set(second ? `${SECOND}${name}` : name, bytes);
    this.restart();
  }

  #forget(second: boolean): void {
    for (const name of this.#files.keys()) if (name.startsWith(SECOND) === second) this.#files.delete(name);
  }

  get #attacked(): Attacked | undefined {
    return this.#answer.value ?? this.store.data.get('attacked');
  }

  #name(k: number): string {
    const names = this.#attacked ? this.store.data.get('classes') : this.#before?.names;
    return names?.[k] ?? String(k);
  }

  /** Pixels of the screen for one of the picture, so that three pictures fit beside each other. */
  #scale(width: number): number {
    const room = this.clientWidth > 900 ? 150 : this.clientWidth > 560 ? 120 : 92;
    return Math.max(1, Math.round((2 * room) / width) / 2);
  }

  protected override renderFigure() {
    const known = this.#attacked;
    if (known) this.#before = { attacked: known, names: this.store.data.get('classes') ?? NONE };
    const attacked = known ?? this.#before?.attacked;
    if (!attacked) {
      return html`<p class="facts">Press Run: a network is trained in seconds, then a picture is attacked step by step.</p>
        <chalk-chart label="Training" x-label="step" y-label="cross-entropy" smoothing="0.8" .series=${seriesOf(this.store, 'training')}
          empty-text="The loss of the training stands here first."></chalk-chart>`;
    }
    const last = attacked.points.length - 1;
    const at = this.at < 0 ? last : Math.min(this.at, last);
    return html`<div class="before" aria-busy=${!known}>${this.#sum(attacked, at)} ${this.#scrubber(attacked, at)} ${this.#walk(attacked, at, !known)}</div>`;
  }

  #term(title: unknown, label: string, images: ImageBatch, below: unknown, control = false) {
    return html`<div class="term ${control ? 'control' : ''}"><h3>${title}</h3>
      <chalk-image-grid label=${label} scale=${this.#scale(images.width)} columns="1" .images=${images}></chalk-image-grid>
      <p>${below}</p></div>`;
  }

  #says({ predicted, confidence }: Verdict, label: number) {
    return html`<span class="says ${predicted === label ? 'right' : 'wrong'}">${this.#name(predicted)}</span> ${formatPercent(confidence)}`;
  }

  #sum(attacked: Attacked, at: number) {
    const { label, clean, points, noise } = attacked;
    const point = points[at];
    if (!point) return nothing;
    const times = point.largest > 0 ? Math.max(1, Math.round(0.5 / point.largest)) : 1;
    return html`<div class="sum ${this.#attacked ? '' : 'old'}" data-card role="group" aria-label="The picture and its change">
      ${this.#term('x', 'the picture', this.#original(attacked), this.#says(clean, label))}
      <div class="signed"><span class="sign" aria-hidden="true">+</span>
      ${this.#term(html`δ, magnified ${times}×`, 'the change', this.#change(attacked, at), html`‖δ‖<sub>∞</sub> ${formatNumber(point.largest, 3)}`)}</div>
      <div class="signed"><span class="sign" aria-hidden="true">=</span>
      ${this.#term('x + δ', 'the changed picture', this.#frame(attacked, at), this.#says(point, label))}</div>
      ${noise ? this.#term('x + random signs', 'the picture with random signs', this.#noise(attacked), this.#says(noise.verdict, label), true) : nothing}
    </div>`;
  }

  #scrubber({ points, other, label, target }: Attacked, at: number) {
    const last = points.length - 1;
    const point = points[at];
    const goal = target === null ? html`away from ${this.#name(label)}` : html`towards ${this.#name(target)}`;
    const move = (event: Event & { currentTarget: HTMLInputElement }) => {
      this.at = event.currentTarget.valueAsNumber;
    };
    const old = this.#attacked ? '' : 'old';
    return html`<label class="step ${old}">step ${at} of ${last}, ${goal}
        <input data-view type="range" min="0" max=${Math.max(1, last)} .value=${String(at)} ?disabled=${last === 0} @input=${move} aria-label="step of the attack" /></label>
      <p class="facts ${old}">loss ${formatNumber(point?.loss ?? 0, 3)}, ‖δ‖<sub>2</sub> ${formatNumber(point?.length ?? 0, 3)}${
        other && at === last ? html`. The second network says of x + δ: ${this.#says(other, label)}` : nothing
      }</p>`;
  }

  #walk(attacked: Attacked, at: number, waiting: boolean) {
    const { label, points, landscape } = attacked;
    const goal = attacked.target ?? points.at(-1)?.predicted ?? label;
    const series = this.#curves(attacked, `p(${this.#name(label)})`, `p(${this.#name(goal)})`);
    const choose = ({ detail }: CustomEvent<{ step: number }>) => {
      this.at = detail.step;
    };
    const here = points[at];
    return html`<div class="walk">
      <div class=${waiting ? 'old' : ''}><h3>The loss on the plane of the walk</h3>
        <chalk-attack-landscape step=${at} .landscape=${landscape} .classes=${this.#before?.names ?? NONE}
          @step-choose=${choose}></chalk-attack-landscape>
        ${landscape && landscape.outside > 0.01 ? html`<p class="facts">Points of the walk lie up to ${formatNumber(landscape.outside, 2)} beside this plane and are drawn at its nearest places.</p>` : nothing}</div>
      ${
        waiting
          ? html`<div>
        <chalk-chart label="The training, before the walk" x-label="step" y-label="cross-entropy" height="220" no-tools smoothing="0.8"
          .series=${seriesOf(this.store, 'training')}></chalk-chart></div>`
          : html`<div>
        <chalk-chart label="What the network says on the way" x-label="step" y-label="probability" height="220" no-tools .series=${series}
          .markers=${here ? [{ x: at, y: here.probabilities[label] ?? 0, label: `step ${at}` }] : NONE}></chalk-chart></div>`
      }
    </div>`;
  }

  protected override renderResults() {
    const rows = (table: string) => this.store.tables.get(table) ?? NONE;
    const looks = { 'random signs': { color: 'data' }, FGSM: { color: 1 }, PGD: { color: 3 } } as const;
    const hardened = this.store.data.get('networks')?.hardened;
    const dashed = Object.fromEntries(
      Object.entries(looks).map(([name, look]) => [`${name}, ${hardened}`, { ...look, dash: [6, 4] }]),
    );
    return html`${this.#pictures()}
      <chalk-chart label="Accuracy against ε" x-label="ε" y-label="accuracy" height="260"
        .series=${seriesOf(this.store, 'accuracy', { ...looks, ...dashed })}
        empty-text="After the walk, all test images are attacked."></chalk-chart>
      <chalk-result-table label="Accuracy" .rows=${rows('accuracy')} .formats=${SHARES}></chalk-result-table>
      ${hardened ? html`<chalk-result-table label="Accuracy of the network trained on attacks" .rows=${rows(`accuracy, ${hardened}`)} .formats=${SHARES}></chalk-result-table>` : nothing}
      <chalk-result-table label="Do they transfer?" .rows=${rows('transfer')} .formats=${SHARES}>
        <p>The second network (${this.store.data.get('networks')?.other ?? '–'}) is shown what was made with the gradient of the first, at ε = ${this.store.result?.transfer.epsilon ?? this.ran.epsilon}.</p>
      </chalk-result-table>`;
  }

  #pictures() {
    const images = batchOf(this.store.images.get('test images'));
    if (!images || this.hides('picture')) return nothing;
    const { width, height, channels } = images;
    const sources: readonly ImageSource[] = [
      { kind: 'pictures', id: 'set', title: 'Test images', images },
      ...(width === 28 && channels === 1 ? [{ kind: 'draw', id: 'draw', title: 'Draw one' } as const] : []),
      { kind: 'own', id: 'own', title: 'Your own' },
    ];
    return html`<div><h3>Attack another picture</h3>
      ${this.recorded ? html`<p class="facts">Run live to attack other pictures.</p>` : nothing}
      <chalk-image-picker label="Picture to attack" width=${width} height=${height} channels=${channels} scale=${width > 28 ? 1.25 : 1.5}
        ?disabled=${this.recorded || this.fixes('picture')} .sources=${sources}
        @image-pick=${(event: CustomEvent<PickedImage>) => this.#pick(event.detail)}></chalk-image-picker></div>`;
  }

  protected override renderTools() {
    if (this.hides('checkpoint')) return nothing;
    const names = (second: boolean) => [...this.#files.keys()].filter((name) => name.startsWith(SECOND) === second);
    const source = (second: boolean) => {
      const files = names(second);
      return html`<chalk-network-source label=${second ? 'Second network' : 'Attacked network'} verb=${second ? 'Compare with' : 'Attack'}
        value=${files.length > 0 ? 'file' : 'train'} .names=${files} ?disabled=${this.fixes('checkpoint')}
        @network-give=${(event: CustomEvent<GivenNetwork>) => this.#use(event.detail, second)}
        @network-choose=${() => {
          if (second && !this.take({ other: 'another start' }, 'This choice')) return;
          this.#forget(second);
          this.restart();
        }}></chalk-network-source>`;
    };
    return html`<div class="walk"><div><h3>Attacked network</h3>${source(false)}</div><div><h3>Second network</h3>${source(true)}</div></div>`;
  }
}

const SHARES: Readonly<Record<string, CellFormat>> = {
  'random signs': 'percent',
  FGSM: 'percent',
  PGD: 'percent',
  'FGSM: confidence of errors': 'percent',
  'PGD: confidence of errors': 'percent',
  'accuracy of the second network': 'percent',
};

/** Probabilities of the picture's own class and of the one that it is taken for, step by step. */
function curvesOf({ points, label, target }: Attacked, own: string, other: string) {
  const goal = target ?? points.at(-1)?.predicted ?? label;
  const x = points.map((_, step) => step);
  const of = (k: number) => points.map(({ probabilities }) => probabilities[k] ?? 0);
  return [
    { id: 'own', label: own, x, y: of(label), color: 'data' as const },
    ...(goal === label ? [] : [{ id: 'other', label: other, x, y: of(goal), color: 'model' as const }]),
  ];
}
