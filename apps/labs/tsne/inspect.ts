/** What the math cards ask of a run: the numbers of some points as they are, and checks on them. */
import type { Affinities } from '../../../engine/explain/affinities.ts';
import { strideOf } from '../../../engine/explain/neighbours.ts';
import { tsneAttraction, tsneDenseDivergence, tsneForces, tsneUpdate } from '../../../engine/kernels/tsne.ts';
import { tsneSearch } from '../../../engine/kernels/tsne-affinities.ts';
import { getDevice } from '../../../engine/tensor.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import { verifyKernel, worstElement } from '../../math/verify.ts';
import type { Maps } from './maps.ts';

/** Points whose numbers are shown, and points on which kernels are checked. */
const SHOWN = 16;
const CHECKED = 120;

/** p_ij of the first n points among themselves, [n, stride], adding up to 1. */
async function jointOf(affinities: Affinities, n: number): Promise<Float32Array<ArrayBuffer>> {
  const stride = strideOf(n);
  const found = new Float32Array(n * stride);
  if (affinities.kind === 'dense') {
    const { joint } = affinities;
    const own = joint.shape[1] as number;
    const rows = new Float32Array(await getDevice().read(joint.buffer('inspect'), 0, 4 * n * own));
    for (let i = 0; i < n; i++) found.set(rows.subarray(i * own, i * own + n), i * stride);
  } else {
    const [starts, neighbour, p] = [
      await affinities.rowStart.data('u32'),
      await affinities.neighbour.data('u32'),
      await affinities.p.data(),
    ];
    for (let i = 0; i < n; i++) {
      for (let e = starts[i] as number; e < (starts[i + 1] as number); e++) {
        const j = neighbour[e] as number;
        if (j < n) found[i * stride + j] = p[e] as number;
      }
    }
  }
  const sum = found.reduce((total, value) => total + value, 0);
  return sum > 0 ? found.map((value) => value / sum) : found;
}

/** Affinities, distances and positions of the first points. */
export async function inspect(maps: Maps): Promise<LiveTensor[]> {
  const { space } = maps;
  const n = Math.min(SHOWN, space.N);
  const joint = await jointOf(maps.affinitiesOf(0), n);
  const stride = strideOf(n);
  const p = Float32Array.from({ length: n * n }, (_, at) => joint[Math.floor(at / n) * stride + (at % n)] as number);
  const { position, velocity, gain } = await maps.stateOf(0);
  const kept = Math.min(10, space.kept);
  const d = new Float32Array(n * kept);
  for (let i = 0; i < n; i++) d.set(space.squaredDistance.subarray(i * space.kept, i * space.kept + kept), i * kept);
  return [
    { name: `d to the ${kept} nearest, first ${n} points`, symbol: 'd', terms: ['tsne-affinities/d'], shape: [n, kept], data: d },
    {
      name: `p among the first ${n} points, adding up to 1`,
      symbol: 'p',
      terms: ['tsne-affinities/p', 'tsne-forces/p', 'tsne-divergence/p'],
      shape: [n, n],
      data: p,
    },
    { name: 'y', symbol: 'y', terms: ['tsne-forces/y', 'tsne-update/y'], shape: [n, 2], data: position.slice(0, 2 * n) },
    { name: 'v', symbol: 'v', terms: ['tsne-update/v'], shape: [n, 2], data: velocity.slice(0, 2 * n) },
    { name: 'gain', symbol: 'k', terms: ['tsne-update/gain'], shape: [n, 2], data: gain.slice(0, 2 * n) },
  ];
}

function divergenceOf(y: Float64Array, joint: Float32Array, n: number, stride: number): number {
  const w = (i: number, j: number) =>
    1 / (1 + ((y[2 * i] as number) - (y[2 * j] as number)) ** 2 + ((y[2 * i + 1] as number) - (y[2 * j + 1] as number)) ** 2);
  let Z = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) Z += w(i, j);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const p = joint[i * stride + j] as number;
      if (p > 0 && i !== j) sum += p * Math.log((p * Z) / w(i, j));
    }
  }
  return sum;
}

/** The gradient that the kernels' references give against central differences of C, on a few coordinates. */
function gradientCheck(y: Float32Array, joint: Float32Array, n: number): Verification {
  const stride = strideOf(n);
  const [pull, push] = [new Float32Array(2 * n), new Float32Array(4 * n)];
  tsneForces.reference({ y, joint }, { pull, push }, { N: n, stride });
  let Z = 0;
  for (let i = 0; i < n; i++) Z += push[4 * i + 2] as number;
  const chosen = Array.from({ length: Math.min(24, 2 * n) }, (_, k) => (k * 7) % (2 * n));
  const exact = Float64Array.from(y);
  // Coordinates span more the longer the map grows; the step follows.
  const h = 1e-4 * Math.max(1e-3, ...exact.map(Math.abs));
  const got = chosen.map((c) => 4 * ((pull[c] as number) - (push[4 * (c >> 1) + (c & 1)] as number) / Z));
  const expected = chosen.map((c) => {
    const moved = (by: number) =>
      divergenceOf(
        exact.map((value, at) => (at === c ? value + by : value)),
        joint,
        n,
        stride,
      );
    return (moved(h) - moved(-h)) / (2 * h);
  });
  const { error, index } = worstElement(got, expected);
  return {
    name: 'gradient of C against central differences (24 coordinates)',
    maxError: error,
    tolerance: 1e-4,
    worstIndex: chosen[index] ?? 0,
    shape: [n, 2],
    got: got[index] ?? 0,
    expected: expected[index] ?? 0,
  };
}

/** The search for the precision of the first points' neighbours. */
function affinityChecks(maps: Maps): Promise<Verification[]> {
  const { space } = maps;
  const rows = Math.min(32, space.N);
  const width = strideOf(space.kept);
  const near = new Float32Array(rows * width).fill(-1);
  for (let i = 0; i < rows; i++) near.set(space.squaredDistance.subarray(i * space.kept, (i + 1) * space.kept), i * width);
  const perplexity = Math.min(maps.affinitiesOf(0).perplexity, space.kept / 2);
  const search = { N: rows, D: 0, firstRow: 0, rows, stride: width, perplexity };
  // The search may end anywhere within 1e-5 of the perplexity; that much its outcome may differ.
  return verifyKernel(getDevice(), tsneSearch, { near }, search, { tolerance: 1e-3, shapes: { p: [rows, width] } });
}

/** Attraction in its sparse form, where the map has it. */
async function attractionChecks(maps: Maps, y: Float32Array): Promise<Verification[]> {
  const affinities = maps.affinitiesOf(0);
  if (affinities.kind !== 'sparse') return [];
  const { rowStart, neighbour } = affinities;
  const p = await affinities.p.data();
  const inputs = { y, rowStart: await rowStart.data('u32'), neighbour: await neighbour.data('u32'), p };
  const params = { N: maps.space.N, entries: p.length };
  return verifyKernel(getDevice(), tsneAttraction, inputs, params, { tolerance: 1e-4 });
}

/** What one card shows, checked on points of the map as it is: kernels against references, the gradient against central differences. */
export async function verify(maps: Maps, card: string): Promise<Verification[]> {
  if (card === 'tsne-affinities') return affinityChecks(maps);
  const device = getDevice();
  const n = Math.min(CHECKED, maps.space.N);
  const stride = strideOf(n);
  const joint = await jointOf(maps.affinitiesOf(0), n);
  const { position, velocity, gain } = await maps.stateOf(0);
  const y = position.slice(0, 2 * n);
  const size = { N: n, stride };
  const [pull, push, Z] = [new Float32Array(2 * n), new Float32Array(4 * n), new Float32Array(4)];
  tsneForces.reference({ y, joint }, { pull, push }, size);
  for (let i = 0; i < n; i++) Z[2] = (Z[2] as number) + (push[4 * i + 2] as number);
  const tolerance = 1e-4;
  switch (card) {
    case 'tsne-forces':
      return [
        ...(await verifyKernel(device, tsneForces, { y, joint }, size, { tolerance, shapes: { pull: [n, 2], push: [n, 4] } })),
        ...(await attractionChecks(maps, position)),
        gradientCheck(y, joint, n),
      ];
    case 'tsne-divergence':
      return verifyKernel(device, tsneDenseDivergence, { y, joint, Z }, size, { tolerance });
    case 'tsne-update': {
      // Exaggeration, learning rate and momentum as late in a map.
      const hyper = Float32Array.of(1, 50, 0.8);
      const before = { position: y, velocity: velocity.slice(0, 2 * n), gain: gain.slice(0, 2 * n) };
      const shapes = { position: [n, 2], velocity: [n, 2], gain: [n, 2], gradient: [n, 2] };
      return verifyKernel(device, tsneUpdate, { pull, push, Z, hyper }, { N: n }, { tolerance, before, shapes });
    }
    default:
      throw new Error(`there is no check for the card '${card}'`);
  }
}
