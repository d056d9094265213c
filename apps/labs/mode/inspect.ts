/** What the math cards ask of a run: a heat map, images of its label, predictions of two layers, and checks on them. */
import { crossEntropy, grad, scope, softmax, type Tensor, tensor } from '../../../engine/index.ts';
import { type MeasureName, measureKernels, measureNames } from '../../../engine/kernels/measures.ts';
import { bhattacharyya } from '../../../engine/repair/index.ts';
import { getDevice } from '../../../engine/tensor.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import { adamChecks, copyOf, lossChecks, type Values } from '../../math/checks.ts';
import { verifyKernel } from '../../math/verify.ts';
import type { Config } from './data.ts';
import type { Look } from './look.ts';
import { CLASSES, stepsOf } from './network.ts';

const PIXELS = 784;
/** Images that the cards measure. */
const ROWS = 16;

/** Card id to measure: `bray-curtis` is `brayCurtis`. */
const measureOf = new Map(measureNames.map((name) => [name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`), name]));

/** The label of the galleries, or where none of its images is right the first that has a heat map: against zeros nothing is shown. */
function labelWithMap(look: Look, { label }: Config): { chosen: number; instead: string } {
  const asked = label === 'faulty' ? look.accuracies.worst : Number(label);
  const has = (each: number) => look.pattern(each).values !== null;
  const chosen = has(asked) ? asked : Array.from({ length: CLASSES }, (_, each) => each).find(has);
  if (chosen === undefined) throw new Error('no label has a heat map: no image is right where bugs are looked for');
  return { chosen, instead: chosen === asked ? '' : `, as that of ${asked} is empty` };
}

/** The first images of the pool with a label, and that label's heat map. */
function images(look: Look, config: Config): { u: Values; h: Values; label: number; instead: string } {
  const { pool } = look.start.parts;
  const { chosen, instead } = labelWithMap(look, config);
  const found = Array.from(pool.labels, (_, i) => i).filter((i) => pool.labels[i] === chosen);
  // A pool without the label still has images to measure.
  const rows = (found.length > 0 ? found : [0]).slice(0, ROWS);
  const u = new Float32Array(rows.length * PIXELS);
  rows.forEach((index, n) => {
    for (let i = 0; i < PIXELS; i++) u[n * PIXELS + i] = (pool.images[index * PIXELS + i] as number) / 255;
  });
  const h = look.pattern(chosen).values as Float32Array<ArrayBuffer>;
  return { u: { shape: [rows.length, PIXELS], data: u }, h: { shape: [PIXELS], data: h }, label: chosen, instead };
}

/** Scores of the images, their gradient, and the last weights with theirs. */
async function learned({ start }: Look, u: Values, label: number) {
  const { network } = start.trained;
  const weight = network.parameters().findLast(({ shape }) => shape.length === 2) as Tensor;
  const rows = u.shape[0] as number;
  const labels = new Int32Array(rows).fill(label);
  const { device } = network;
  network.eval();
  const made = scope(() => {
    const scores = network.forward(tensor(u.data, [rows, 28, 28, 1], { device }));
    const [slope, g] = grad(crossEntropy(scores, tensor(labels, [rows], { device, dtype: 'i32' })), [scores, weight]);
    return { scores, slope: slope as Tensor, g: g as Tensor, Q: softmax(scores, { axis: -1 }) };
  });
  network.train();
  const scores = await copyOf(made.scores);
  const values = {
    scores,
    slope: await copyOf(made.slope),
    g: await copyOf(made.g),
    Q: await copyOf(made.Q),
    w: await copyOf(weight),
  };
  for (const part of Object.values(made)) part.dispose();
  // What the first depth is compared with.
  const P: Values = { shape: scores.shape, data: new Float32Array(scores.data.length).fill(1) };
  return { ...values, P, labels };
}

export async function inspect(look: Look, config: Config): Promise<LiveTensor[]> {
  const { u, h, label, instead } = images(look, config);
  const { scores, slope, g, P, Q, w } = await learned(look, u, label);
  const everywhere = (term: string) => [...measureOf.keys()].map((card) => `${card}/${term}` as const);
  return [
    { name: `images of ${label}`, symbol: 'u', terms: everywhere('u'), ...u },
    { name: `heat map of ${label}${instead}`, symbol: 'h', terms: everywhere('h'), ...h },
    { name: 'no layer at all: ones', symbol: 'P', terms: ['bhattacharyya/P'], ...P },
    { name: 'probabilities of these images', symbol: 'Q', terms: ['bhattacharyya/Q'], ...Q },
    { name: 'logits', symbol: 'x', terms: ['cross-entropy/x'], ...scores },
    { name: 'gradient of the loss', symbol: '∂x', terms: ['cross-entropy/gx'], ...slope },
    { name: 'last weights', symbol: 'θ', terms: ['adam/theta'], ...w },
    { name: 'their gradient', symbol: 'g', terms: ['adam/g'], ...g },
  ];
}

const sorted = (values: Float32Array): Float32Array => values.slice().sort();

function measureChecks(name: MeasureName, u: Values, h: Values, p: number): Promise<Verification[]> {
  const [rows, length] = u.shape as [number, number];
  let given = { u: u.data as Float32Array, h: h.data as Float32Array };
  if (name === 'earthMover') {
    const all = new Float32Array(u.data.length);
    for (let k = 0; k < rows; k++) all.set(sorted(u.data.subarray(k * length, (k + 1) * length)), k * length);
    given = { u: all, h: sorted(h.data) };
  }
  return verifyKernel(getDevice(), measureKernels[name], given, { rows, length, p }, { shapes: { y: [rows] } });
}

/** The form that the engine computes against the first of the card, summed in double precision. */
async function distanceCheck(P: Values, Q: Values): Promise<Verification[]> {
  const made = scope(() => bhattacharyya(tensor(P.data, [...P.shape]), tensor(Q.data, [...Q.shape])));
  const got = await made.item();
  made.dispose();
  const total = ({ data }: Values) => data.reduce((a, b) => a + b, 0);
  const [p, q] = [total(P), total(Q)];
  const expected = 1 - P.data.reduce((sum, value, i) => sum + Math.sqrt((value / p) * ((Q.data[i] as number) / q)), 0);
  const name = 'half the sum of squares against one minus the sum of roots';
  return [{ name, maxError: Math.abs(got - expected), tolerance: 1e-6, worstIndex: 0, got, expected }];
}

/** @param card id of one of the lab's cards */
export async function verify(look: Look, config: Config, card: string): Promise<Verification[]> {
  const { u, h, label } = images(look, config);
  const measure = measureOf.get(card);
  if (measure) return measureChecks(measure, u, h, config.p);
  const { scores, g, P, Q, w, labels } = await learned(look, u, label);
  if (card === 'bhattacharyya') return distanceCheck(P, Q);
  if (card === 'cross-entropy') return lossChecks(card, scores, labels);
  if (card === 'adam') {
    const step = stepsOf(look.start.parts.train.count, config.epochs) + 1;
    return adamChecks({ theta: w.data, g: g.data, step }, { lr: config.rate, eps: 1e-7, epsilonForm: 'keras' });
  }
  throw new Error(`there is no check for the card '${card}'`);
}
