/** What the math cards ask of a run: the numbers of some points as they are, and checks on them. */
import type { Affinities } from '../../../engine/explain/affinities.ts';
import { strideOf } from '../../../engine/explain/neighbours.ts';
import { tsneAttraction, tsneDenseDivergence, tsneForces, tsneRepulsion } from '../../../engine/kernels/tsne.ts';
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
    { name: `d to the ${kept} nearest, first ${n} points`, symbol: 'd', term: 'd', shape: [n, kept], data: d },
    { name: `p among the first ${n} points, adding up to 1`, symbol: 'p', term: 'p', shape: [n, n], data: p },
    { name: 'y', symbol: 'y', term: 'y', shape: [n, 2], data: position.slice(0, 2 * n) },
    { name: 'v', symbol: 'v', term: 'v', shape: [n, 2], data: velocity.slice(0, 2 * n) },
    { name: 'gain', symbol: 'k', term: 'gain', shape: [n, 2], data: gain.slice(0, 2 * n) },
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

/** Kernels against their references, and the gradient against central differences, on points of the map as it is. */
export async function verify(maps: Maps): Promise<Verification[]> {
  const device = getDevice();
  const { space } = maps;
  const n = Math.min(CHECKED, space.N);
  const stride = strideOf(n);
  const affinities = maps.affinitiesOf(0);
  const joint = await jointOf(affinities, n);
  const { position } = await maps.stateOf(0);
  const y = position.slice(0, 2 * n);

  const rows = Math.min(32, space.N);
  const width = strideOf(space.kept);
  const near = new Float32Array(rows * width).fill(-1);
  for (let i = 0; i < rows; i++) near.set(space.squaredDistance.subarray(i * space.kept, (i + 1) * space.kept), i * width);
  const search = { N: rows, D: 0, firstRow: 0, rows, stride: width, perplexity: Math.min(affinities.perplexity, space.kept / 2) };
  const forces = { N: n, stride };
  const Z = new Float32Array(4);
  const push = new Float32Array(4 * n);
  tsneRepulsion.reference({ y }, { push }, { N: n });
  for (let i = 0; i < n; i++) Z[2] = (Z[2] as number) + (push[4 * i + 2] as number);
  const results = [
    // The search may end anywhere within 1e-5 of the perplexity; that much its outcome may differ.
    ...(await verifyKernel(device, tsneSearch, { near }, search, { tolerance: 1e-3, shapes: { p: [rows, width] } })),
    ...(await verifyKernel(device, tsneForces, { y, joint }, forces, {
      tolerance: 1e-4,
      shapes: { pull: [n, 2], push: [n, 4] },
    })),
    ...(await verifyKernel(device, tsneDenseDivergence, { y, joint, Z }, forces, { tolerance: 1e-4 })),
    gradientCheck(y, joint, n),
  ];
  if (affinities.kind === 'sparse') {
    const { rowStart, neighbour, p } = affinities;
    const inputs = {
      y: position,
      rowStart: await rowStart.data('u32'),
      neighbour: await neighbour.data('u32'),
      p: await p.data(),
    };
    const params = { N: space.N, entries: inputs.p.length };
    results.push(...(await verifyKernel(device, tsneAttraction, inputs, params, { tolerance: 1e-4 })));
  }
  return results;
}
