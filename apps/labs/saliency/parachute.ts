/** Right for the wrong reason on a photograph: where Tiny Darknet's maps of a parachute lie, and what the logit loses when a part of it is covered. */
import { enlargeMap, massShare } from '../../../engine/explain/display.ts';
import type { MethodName } from '../../../engine/explain/method-names.ts';
import type { RunContext } from '../../runtime/experiment.ts';
import { defaults } from '../../runtime/schema.ts';
import { Explainer } from './explain.ts';
import { schema } from './schema.ts';
import { type Config, openSubject, type Picture } from './subject.ts';

/** Logit of the parachute of a picture, and what the network says of it. */
interface Said {
  readonly picture: string;
  readonly logit: number;
  readonly says: string;
  readonly probability: number;
}

/** Shares of a method's map outside the canopy. */
interface Outside {
  readonly method: MethodName;
  readonly mass: number;
  /** Of the area where it is above half of its largest value. */
  readonly lit: number;
}

/** A part of the photograph: shares of the area and of the mass of ReLU(CAM), and its largest value there over the largest of all. */
interface Region {
  readonly region: string;
  readonly area: number;
  readonly mass: number;
  readonly largest: number;
}

export interface Parachute {
  readonly said: readonly Said[];
  readonly methods: readonly Outside[];
  readonly regions: readonly Region[];
}

const METHODS: readonly MethodName[] = ['CAM', 'saliency', 'gradient × input', 'integrated gradients', 'occlusion'];
const GREY = 128;

/** Where the jumper is, and the strip of rows from there to the ground at his feet: the horizon. Shares of width and height. */
const JUMPER = { right: 0.0625, top: 0.75, bottom: 0.92 };
const HORIZON = { top: 9 / 14, bottom: 13 / 14 };
/** Columns that hold neither canopy nor jumper. */
const BESIDE = { left: 0.09, width: 0.36 };

type Where = (x: number, y: number) => boolean;
type Regions = Readonly<Record<'canopy' | 'surroundings' | 'sky' | 'jumper' | 'horizon', Where>>;

/** Parts of the photograph by pixel; `horizon` and `sky` end at the canopy. */
function regionsOf({ object }: Picture, height: number, width: number): Regions {
  const canopy: Where = (x, y) => object?.[y * width + x] === 1;
  return {
    canopy,
    surroundings: (x, y) => !canopy(x, y),
    sky: (x, y) => !canopy(x, y) && y < HORIZON.top * height,
    jumper: (x, y) => x < JUMPER.right * width && y >= JUMPER.top * height && y < JUMPER.bottom * height,
    horizon: (x, y) => !canopy(x, y) && y >= HORIZON.top * height && y < HORIZON.bottom * height,
  };
}

/** The picture with a region grey, or painted over with what stands beside it in the same row. */
function covered({ pixels }: Picture, where: Where, width: number, how: 'grey' | 'beside'): Pick<Picture, 'pixels'> {
  const [left, span] = [Math.round(BESIDE.left * width), Math.round(BESIDE.width * width)];
  const out = pixels.slice();
  for (let pixel = 0; pixel < pixels.length / 3; pixel++) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    if (!where(x, y)) continue;
    const from = 3 * (y * width + left + (x % span));
    out.set(how === 'grey' ? [GREY, GREY, GREY] : pixels.subarray(from, from + 3), 3 * pixel);
  }
  return { pixels: out };
}

/** @returns null where the photograph has not been prepared */
export async function measureParachute(context: Pick<RunContext, 'data' | 'device'>): Promise<Parachute | null> {
  const config: Config = { ...defaults(schema), network: 'tiny-darknet', target: 'true' };
  const { signal } = new AbortController();
  const files = new Map<string, Uint8Array>();
  const rest = { signal, files, live: config, checkpoint: undefined, onDispose() {}, log() {} };
  const opening = openSubject(config, { ...context, ...rest });
  let step = await opening.next();
  while (!step.done) step = await opening.next();
  const { open, pictures } = step.value;
  const explainer = new Explainer(open, config.seed);
  try {
    const picture = pictures.find(({ name, object }) => name === 'parachute' && object);
    return picture ? await measured(explainer, picture, config) : null;
  } finally {
    explainer.dispose();
    open.network.dispose();
  }
}

async function measured(explainer: Explainer, picture: Picture, config: Config): Promise<Parachute> {
  const [height, width] = explainer.network.inputShape as [number, number];
  const regions = regionsOf(picture, height, width);
  const shown = {
    'as it is': picture,
    'canopy grey': covered(picture, regions.canopy, width, 'grey'),
    'canopy painted over': covered(picture, regions.canopy, width, 'beside'),
    'jumper painted over': covered(picture, regions.jumper, width, 'beside'),
    'sky grey': covered(picture, regions.sky, width, 'grey'),
    'all but the canopy grey': covered(picture, regions.surroundings, width, 'grey'),
  };
  const scores = await explainer.scores(Object.values(shown));
  const verdicts = await explainer.verdicts(Object.values(shown));
  const said = Object.keys(shown).map((which, n) => ({
    picture: which,
    logit: scores[n]?.[picture.label] ?? Number.NaN,
    says: verdicts[n]?.name ?? '',
    probability: verdicts[n]?.probability ?? Number.NaN,
  }));
  const { object } = picture as { readonly object: Uint8Array };
  const raw = async (method: MethodName) => {
    const { values, shape } = await explainer.raw(explainer.network, method, [picture], [picture.label], config);
    return [values, shape[1] as number, shape[2] as number] as const;
  };
  const methods = [];
  for (const method of METHODS) {
    const found = await raw(method);
    methods.push({ method, mass: explainer.outside(...found, object), lit: explainer.lit(...found, object) });
  }
  const map = enlargeMap(...(await raw('CAM')), height, width);
  const largest = (of: Float32Array) => of.reduce((a, b) => Math.max(a, b), 0);
  const parts = Object.entries(regions).map(([region, where]) => {
    const mask = Uint8Array.from(map, (_, pixel) => Number(where(pixel % width, Math.floor(pixel / width))));
    const inside = map.filter((_, pixel) => mask[pixel] === 1);
    return { region, area: inside.length / map.length, mass: massShare(map, mask), largest: largest(inside) / largest(map) };
  });
  return { said, methods, regions: parts };
}
