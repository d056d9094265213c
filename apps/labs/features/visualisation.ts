/** Feature visualisation: one objective, climbed in several ways side by side. */

import { noGrad } from '../../../engine/autodiff.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { objectiveUnderTransforms } from '../../../engine/explain/features/measure.ts';
import {
  caricatureObjective,
  channelObjective,
  deepDreamObjective,
  directionObjective,
  diversityObjective,
  interpolationObjective,
  logitObjective,
  neuronObjective,
  type Objective,
  penaltyObjective,
  weightedObjective,
} from '../../../engine/explain/features/objectives.ts';
import { highFrequencyShare } from '../../../engine/explain/features/penalties.ts';
import {
  ARTICLE_ROBUSTNESS,
  LUCID_ROBUSTNESS,
  NO_ROBUSTNESS,
  type RobustnessOptions,
  SMALL_ROBUSTNESS,
} from '../../../engine/explain/features/robustness.ts';
import { normalised, type Visualisation, visualise } from '../../../engine/explain/features/visualise.ts';
import { keep, scope } from '../../../engine/memory.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { type Tensor, tensor } from '../../../engine/tensor.ts';
import type { ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import type { Look } from './inspect.ts';
import { pictureNamed } from './picture.ts';
import type { Config, Subject } from './subject.ts';
import { objectiveName, type Term } from './terms.ts';
import { type WayName, wayLabel, waysOf } from './ways.ts';

/** What became of one way. */
export interface WayResult {
  readonly way: WayName;
  /** The objective without penalties, mean over the images: of the image as it is, and under 16 transformations that all ways share. */
  readonly still: number;
  readonly transformed: number;
  /** Σ (x − blur x)²/Σ (x − x̄)², mean over the images. */
  readonly highFrequencies: number;
}

/** What the run tells while it climbs. */
export interface Climbing {
  ways: readonly WayName[];
  /** Steps whose images are there, rising. */
  snapshots: readonly number[];
}

/** Below this side Lucid's transformations would move most of an image out of sight. */
export const SMALL_SIDE = 48;
/** Lucid pads its images of 128 pixels with 12. */
const LUCID_PAD = 12 / 128;
const SNAPSHOTS = [1, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096];
/** Steps between two reads of the objective where a read makes a GPU wait. */
const READ_EVERY = 8;
const DRAWS = 16;
const LEAST_SIDE = 4;

/**
 * The engine's objective of a term.
 * @param seen what a caricature exaggerates, in the layer of the term
 * @throws ConfigError for a layer or channel that is not there
 */
function objectiveOf(subject: Subject, term: Term, seen: (layer: string) => Tensor): Objective {
  const { kind, unit, to = 0, mix = [] } = term;
  if (kind === 'logit') return logitObjective(unit);
  const { path, shape } = subject.layer(term.layer);
  switch (kind) {
    case 'channel':
      return channelObjective(path, unit);
    case 'neuron':
      return neuronObjective(path, unit);
    case 'deep dream':
      return deepDreamObjective(path);
    case 'interpolation':
      return interpolationObjective(path, unit, to);
    case 'diversity':
      return diversityObjective(path);
    case 'caricature':
      return caricatureObjective(path, seen(path), term.power);
    case 'direction': {
      const direction = new Float32Array(shape.at(-1) as number);
      for (const [channel, amount] of mix) {
        if (channel >= direction.length)
          throw new ConfigError('direction', `layer '${path}' has channels 0 to ${direction.length - 1}, not ${channel}.`);
        direction[channel] = amount;
      }
      return directionObjective(path, direction);
    }
  }
}

/**
 * What the transformations of a run are.
 * @param side of the images, in pixels
 */
export function robustnessOf(config: Config, side: number): { readonly options: RobustnessOptions; readonly pad: number } {
  const { robustness } = config;
  const small = robustness === 'small' || (robustness === 'fitting' && side < SMALL_SIDE);
  if (robustness === 'none') return { options: NO_ROBUSTNESS, pad: 0 };
  if (robustness === 'own') {
    const around = (most: number, steps = 10) => Array.from({ length: 2 * steps + 1 }, (_, i) => (most * (i - steps)) / steps);
    const scales = around(config.scaling / 100).map((change) => 1 + change);
    return { options: { jitter: [config.jitter], scales, angles: around(config.angle) }, pad: config.pad };
  }
  if (small) return { options: SMALL_ROBUSTNESS, pad: 2 };
  const pad = Math.round(side * LUCID_PAD);
  return { options: robustness === 'article' ? ARTICLE_ROBUSTNESS : LUCID_ROBUSTNESS, pad };
}

/** Height and width of the images: a network that takes one size only sees them in a grey border. */
function sizeOf({ size }: Config, { resizable, inputShape: [h, w] }: Subject, pad: number): readonly [number, number] {
  return resizable ? [size, size] : [Math.max(1, h - 2 * pad), Math.max(1, w - 2 * pad)];
}

/** What the caricatures of a run exaggerate. */
async function caricatured(config: Config, subject: Subject, context: RunContext): Promise<Map<string, Uint8Array>> {
  const side = subject.resizable ? config.size : Math.min(subject.inputShape[0], subject.inputShape[1]);
  const [height, width] = sizeOf(config, subject, robustnessOf(config, side).pad);
  const names = new Set(config.terms.flatMap(({ photo }) => (photo ? [photo] : [])));
  const found = new Map<string, Uint8Array>();
  const channels = subject.inputShape[2] === 3 ? 3 : 1;
  for (const name of names) found.set(name, (await pictureNamed(name, { height, width, channels }, context)).pixels);
  return found;
}

/** One way, ready to climb. */
interface Climb {
  readonly name: WayName;
  readonly steps: AsyncGenerator<Visualisation>;
  last?: Visualisation;
}

class Comparison {
  readonly config: Config;
  readonly subject: Subject;
  readonly #layers: readonly string[] | undefined;
  readonly #photos: ReadonlyMap<string, Uint8Array>;
  readonly #objectives = new Map<number, Objective>();
  readonly #seen: Tensor[] = [];
  /** Height and width of the images. */
  readonly size: readonly [number, number];
  readonly robust: ReturnType<typeof robustnessOf>;
  /** The transformations that finished images are compared under, also where the reader's own settings have none. */
  readonly compared: ReturnType<typeof robustnessOf>;

  readonly #rate: () => number;

  /**
   * @param rate the learning rate at each step
   * @param photos what caricatures exaggerate, by name, in the size of the images
   */
  constructor(config: Config, subject: Subject, rate: () => number, photos: ReadonlyMap<string, Uint8Array>) {
    this.#photos = photos;
    this.#rate = rate;
    this.config = config;
    this.subject = subject;
    const side = subject.resizable ? config.size : Math.min(subject.inputShape[0], subject.inputShape[1]);
    this.robust = robustnessOf(config, side);
    this.compared =
      this.robust.options === NO_ROBUSTNESS ? robustnessOf({ ...config, robustness: 'fitting' }, side) : this.robust;
    const needsAll = config.terms.some(({ kind }) => kind === 'logit');
    this.#layers = needsAll ? undefined : [...new Set(config.terms.map(({ layer }) => subject.layer(layer).path))];
    this.size = sizeOf(config, subject, this.robust.pad);
    const [h, w] = subject.inputShape;
    if (Math.min(...this.size) < LEAST_SIDE)
      throw new ConfigError(
        'pad',
        `leaves ${this.size.join(' × ')} pixels of the ${h} × ${w} that the network takes; choose a smaller one.`,
      );
  }

  /** The objective for images with this border: what a caricature compares with has the same. */
  objective(pad: number): Objective {
    const known = this.#objectives.get(pad);
    if (known) return known;
    const { terms } = this.config;
    const parts = terms.map((term) => ({
      objective: objectiveOf(this.subject, term, (layer) => this.#activation(term.photo ?? '', layer, pad)),
      weight: term.weight,
    }));
    const made = weightedObjective(parts);
    this.#objectives.set(pad, made);
    return made;
  }

  /** A layer's output for a photograph in the middle of a grey border, [1, …]. */
  #activation(photo: string, layer: string, pad: number): Tensor {
    const network = this.network(pad);
    const [height, width, channels] = network.inputShape as [number, number, number];
    const [h, w] = this.size;
    const [top, left] = [Math.floor((height - h) / 2), Math.floor((width - w) / 2)];
    const values = new Float32Array(height * width * channels).fill(0.5);
    const pixels = this.#photos.get(photo) as Uint8Array;
    for (let y = 0; y < h; y++) {
      const row = Float32Array.from(pixels.subarray(y * w * channels, (y + 1) * w * channels), (byte) => byte / 255);
      values.set(row, ((top + y) * width + left) * channels);
    }
    const seen = keep(
      scope(() =>
        noGrad(() => {
          const x = normalised(
            tensor(values, [1, height, width, channels], { device: network.device }),
            this.subject.normalisation,
          );
          return network.forward(x, { capture: [layer] }).activations.get(layer) as Tensor;
        }),
      ),
    );
    this.#seen.push(seen);
    return seen;
  }

  dispose(): void {
    for (const seen of this.#seen.splice(0)) seen.dispose();
  }

  /** The network around images with this border; one that takes one size only sees them in grey. */
  network(pad: number): Network {
    const [h, w] = this.subject.resizable ? [this.size[0] + 2 * pad, this.size[1] + 2 * pad] : this.subject.inputShape;
    return this.subject.network(h, w, this.#layers);
  }

  climb(name: WayName, every: number, snapshots: readonly number[]): Climb {
    const { config, robust } = this;
    const way = waysOf(config)[name];
    const penalties = [
      { objective: penaltyObjective('l1'), weight: config.l1 },
      { objective: penaltyObjective('totalVariation'), weight: config.tv },
      { objective: penaltyObjective('blur'), weight: config.blur },
    ].filter(({ weight }) => way.penalised && weight > 0);
    const transformed = way.transformed && robust.options !== NO_ROBUSTNESS;
    const { normalisation } = this.subject;
    const pad = transformed ? robust.pad : 0;
    const objective = this.objective(pad);
    const steps = visualise({
      network: this.network(pad),
      objective: penalties.length > 0 ? weightedObjective([{ objective, weight: 1 }, ...penalties]) : objective,
      batch: config.batch,
      size: this.size,
      parametrisation: way.parametrisation,
      colour: way.colour,
      ...(transformed && { robustness: robust.options }),
      ...(normalisation && { normalisation }),
      steps: config.steps,
      lr: this.#rate,
      redirectedSteps: config.redirected,
      seed: config.seed,
      snapshots,
      every,
    });
    return { name, steps };
  }

  /** The first image of a way at its last snapshot, for the cards. */
  look({ last }: Climb): Look {
    const { image, shape, step } = last as Required<Visualisation>;
    const [, height, width, channels] = shape;
    const { subject, config } = this;
    const objective = this.objective(0);
    const maps = subject.layers.filter((layer) => layer.shape.length === 3);
    const layer = String(objective.layers[0] ?? maps.at(-2)?.path ?? '0');
    const data = image.slice(0, height * width * channels);
    return {
      subject,
      layer,
      objective,
      reach: this.#layers,
      rate: config.rate,
      step,
      image: { shape: [1, height, width, channels], data },
    };
  }

  /** The finished images of a way, on the scale of all ways. */
  async measure({ name, last }: Climb): Promise<WayResult> {
    const { image, shape } = last as Required<Visualisation>;
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const images = tensor(image, [...shape], { device: this.network(0).device });
    try {
      const { options, pad } = this.compared;
      const { normalisation } = this.subject;
      const given = { images, seed: this.config.seed, ...(normalisation && { normalisation }) };
      const still = await objectiveUnderTransforms({
        ...given,
        objective: this.objective(0),
        network: this.network(0),
        robustness: NO_ROBUSTNESS,
        draws: 1,
      });
      const transformed = await objectiveUnderTransforms({
        ...given,
        objective: this.objective(pad),
        network: this.network(pad),
        robustness: options,
        draws: DRAWS,
      });
      const share = scope(() => noGrad(() => highFrequencyShare(images)));
      const highFrequencies = mean(await share.data());
      share.dispose();
      return { way: name, still: mean(still), transformed: mean(transformed), highFrequencies };
    } finally {
      images.dispose();
    }
  }
}

const bytesOf = (image: Float32Array): Uint8Array => Uint8Array.from(image, (value) => Math.round(value * 255));

/** Climbs with every way in turn, so that their images grow side by side. */
export async function* compareWays(
  config: Config,
  subject: Subject,
  context: RunContext<Config>,
  see: (look: Look) => void,
): AsyncGenerator<ExperimentEvent<Climbing>, { objective: string; steps: number; ways: WayResult[] }> {
  const photos = await caricatured(config, subject, context);
  const comparison = new Comparison(config, subject, () => context.live.rate, photos);
  context.onDispose(() => comparison.dispose());
  const names = waysOf(config).names;
  yield { type: 'data', name: 'ways', value: names };
  const every = context.device.software ? 1 : READ_EVERY;
  const snapshots = [...SNAPSHOTS.filter((step) => step < config.steps), config.steps];
  const climbs = names.map((name) => comparison.climb(name, every, snapshots));
  const done: number[] = [];
  try {
    for (;;) {
      let step = 0;
      let total = 0;
      let snapshot = false;
      for (const climb of climbs) {
        const next = await climb.steps.next();
        if (next.done) continue;
        const { values, image, shape } = next.value;
        climb.last = next.value;
        step = next.value.step;
        const value = values.reduce((sum, each) => sum + each, 0) / values.length;
        total += value;
        yield { type: 'metric', chart: 'objective', series: climb.name, x: step, y: value };
        if (!image) continue;
        snapshot = true;
        if (climb.name === 'as set') see(comparison.look(climb));
        yield { type: 'images', name: `${climb.name} ${step}`, shape: [...shape], data: bytesOf(image) };
      }
      if (step === 0) break;
      if (snapshot) {
        done.push(step);
        yield { type: 'data', name: 'snapshots', value: [...done] };
      }
      yield { type: 'step', step, total: config.steps, loss: -total / climbs.length };
    }
  } finally {
    for (const { steps } of climbs) await steps.return(undefined);
  }
  const results: WayResult[] = [];
  for (const climb of climbs) {
    yield { type: 'phase', name: 'measure', progress: results.length / climbs.length };
    const { way, still, transformed, highFrequencies } = await comparison.measure(climb);
    results.push({ way, still, transformed, highFrequencies });
    const row = {
      way: wayLabel(way, config),
      'objective, as it is': still,
      'objective, transformed': transformed,
      'in finest detail': highFrequencies,
    };
    yield { type: 'row', table: 'ways', id: way, row };
  }
  return { objective: objectiveName(config.terms, subject.classNames), steps: config.steps, ways: results };
}
