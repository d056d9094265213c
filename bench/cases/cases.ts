/** Every case of the benchmark, in the order in which it runs. */
import {
  type BenchCase,
  type ConvPass,
  type ConvShape,
  convMultiplyAdds,
  convOutput,
  type Group,
  type Workload,
} from './case.ts';
import stored from './expected-losses.json';
import { forwardMultiplyAdds, type Network, trainingFlops } from './network.ts';
import { cifarCnn, convNet, mlp, smallCnn, unet16 } from './networks.ts';

const PASSES: readonly ConvPass[] = ['forward', 'input-gradient', 'weight-gradient'];
/** Large enough to fill a GPU. */
const LARGE: ConvShape = { n: 64, h: 32, w: 32, c: 64, o: 64, kernel: 3, padding: 1 };
/** Elements of the streaming cases: 32 MB per tensor, several times a last-level cache. */
const STREAM = 8 * 1024 * 1024;

export function allCases(): BenchCase[] {
  // The most telling first: a run may be cut short by a time budget, and on a software adapter the peers take minutes for a few steps of
  // the large networks.
  return [
    ...[convNet, mlp].map(trainingCase),
    ...[256, 512, 1024].map((size) => matmulCase('kernel', size, size === 512)),
    ...[convCase(16, 32), convCase(13, 31)].flat(),
    ...streamingCases(),
    ...[matmulCase('kernel', 2048, false), ...PASSES.map((pass) => convPassCase('kernel', pass, LARGE, false))].map((one) => ({
      ...one,
      hardwareOnly: true,
    })),
    overheadCase(' of 64 elements', 64, 'next to no work'),
    overheadCase('', 1024, '1,024 elements each'),
    forwardCase(convNet),
    matmulCase('ladder', 512, false),
    ...convCase(16, 32, 'ladder'),
    streaming('sum', 'ladder', { type: 'sum', count: STREAM }, STREAM, 1, STREAM),
    ...[unet16, smallCnn, cifarCnn].map(trainingCase),
  ];
}

function matmulCase(group: Group, size: number, quick: boolean): BenchCase {
  return {
    name: prefix(group, `matmul ${size}`),
    group,
    shape: `[${size}, ${size}] × [${size}, ${size}]`,
    flops: 2 * size ** 3,
    bytes: 4 * 3 * size ** 2,
    workload: { type: 'matmul', m: size, k: size, n: size },
    tolerance: 1e-4,
    quick,
    hardwareOnly: false,
  };
}

function convCase(c: number, o: number, group: Group = 'kernel'): BenchCase[] {
  const shape: ConvShape = { n: 32, h: 28, w: 28, c, o, kernel: 3, padding: 1 };
  return PASSES.map((pass) => convPassCase(group, pass, shape, c === 16 && group === 'kernel'));
}

function convPassCase(group: Group, pass: ConvPass, shape: ConvShape, quick: boolean): BenchCase {
  const { n, h, w, c, o, kernel, padding } = shape;
  const [height, width] = convOutput(shape);
  const workload: Workload = { type: 'conv2d', pass, ...shape };
  return {
    name: prefix(group, `conv ${kernel}×${kernel} ${pass} ${n}×${h}×${w}, ${c}→${o}`),
    group,
    shape: `[${n}, ${h}, ${w}, ${c}] → [${n}, ${height}, ${width}, ${o}], padding ${padding}`,
    flops: 2 * convMultiplyAdds(shape),
    bytes: 4 * (n * h * w * c + n * height * width * o + kernel * kernel * c * o),
    workload,
    tolerance: 1e-4,
    quick,
    hardwareOnly: false,
  };
}

function streamingCases(): BenchCase[] {
  const rows = 128 * 26 * 26;
  const c = 16;
  return [
    streaming('add', 'streaming', { type: 'add', count: STREAM }, STREAM, 3, STREAM),
    streaming('ReLU', 'streaming', { type: 'relu', count: STREAM }, STREAM, 2, STREAM),
    streaming('sum', 'streaming', { type: 'sum', count: STREAM }, STREAM, 1, STREAM),
    streaming('max pool 128×26×26×16', 'streaming', { type: 'max-pool', n: 128, h: 26, w: 26, c }, rows * c, 1.25, rows * c),
    // Forward: x for the statistics, x again, y. Its gradient: x and dy for the sums, both again, dx.
    streaming('batch norm forward', 'streaming', { type: 'batch-norm', pass: 'forward', rows, c }, rows * c, 3, 8 * rows * c),
    streaming(
      'batch norm forward and gradient',
      'streaming',
      { type: 'batch-norm', pass: 'training', rows, c },
      rows * c,
      8,
      20 * rows * c,
    ),
    // Reads θ, g, m, v and writes θ, m, v: 28 bytes per parameter.
    streaming('Adam update', 'streaming', { type: 'adam', count: STREAM / 4 }, STREAM / 4, 7, 12 * (STREAM / 4)),
  ];
}

/** `passes`: how often the tensor of `count` elements crosses memory. */
function streaming(name: string, group: Group, workload: Workload, count: number, passes: number, flops: number): BenchCase {
  return {
    name: prefix(group, name),
    group,
    shape: `${(count / 1e6).toFixed(1)} M elements`,
    flops,
    bytes: 4 * count * passes,
    workload,
    tolerance: 1e-4,
    quick: group === 'streaming' && name === 'add',
    hardwareOnly: false,
  };
}

function overheadCase(suffix: string, count: number, shape: string): BenchCase {
  const dispatches = 200;
  return {
    name: `${dispatches} replayed dispatches${suffix}`,
    group: 'overhead',
    shape,
    flops: dispatches * count,
    bytes: 8 * dispatches * count,
    workload: { type: 'replay', dispatches, count },
    tolerance: 0,
    quick: true,
    hardwareOnly: false,
  };
}

function trainingCase(network: Network): BenchCase {
  return {
    name: `${network.name} training step`,
    group: 'training-step',
    shape: `batch ${network.batch}, input ${network.input.join('×')}, ${network.optimizer.type}`,
    flops: trainingFlops(network),
    bytes: 0,
    workload: { type: 'training-step', network },
    tolerance: lossTolerance(network.name),
    quick: network.name === 'ConvNet' || network.name === 'MLP',
    hardwareOnly: false,
  };
}

/** A twentieth of what the compared losses change: a wrong gradient or update would show, rounding does not. */
function lossTolerance(name: string): number {
  const losses = (stored.losses as Record<string, number[]>)[name];
  return losses ? (0.05 * (Math.max(...losses) - Math.min(...losses))) / Math.max(...losses) : 1e-3;
}

function forwardCase(network: Network): BenchCase {
  return {
    name: `${network.name} forward`,
    group: 'forward',
    shape: `batch ${network.batch}, input ${network.input.join('×')}`,
    flops: 2 * network.batch * forwardMultiplyAdds(network),
    bytes: 0,
    workload: { type: 'forward', network },
    tolerance: 1e-3,
    quick: false,
    hardwareOnly: false,
  };
}

function prefix(group: Group, name: string): string {
  return group === 'ladder' ? `ladder: ${name}` : name;
}
