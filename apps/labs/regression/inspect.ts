/** What the math cards ask of a run: the tensors of the network as it is, and checks on them. */
import { add, mseLoss, mul, noGrad, scope, square, sum, type Tensor, tensor } from '../../../engine/index.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import {
  activationChecks,
  adamChecks,
  copyOf,
  descentChecks,
  dropoutChecks,
  linearChecks,
  meanSquaredErrorChecks,
  on,
  type Values,
  weightGradient,
} from '../../math/checks.ts';
import { verifyGradient } from '../../math/verify.ts';
import type { ConfigOf, TermRef } from '../../runtime/schema.ts';
import { nonlinearities, outputOf } from './model.ts';
import type { schema } from './schema.ts';
import type { Training } from './training.ts';

type Config = ConfigOf<typeof schema>;

/** The points that train, and what the network makes of them. */
async function passing({ network, points }: Training) {
  const x: Values = { shape: [points.length, 1], data: Float32Array.from(points, (point) => point.x) };
  const target: Values = { shape: x.shape, data: Float32Array.from(points, ({ t }) => t) };
  const made = scope(() =>
    noGrad(() => {
      const input = tensor(x.data, x.shape);
      return [network.preactivation(input), network.hidden(input), network.predict(input)] as const;
    }),
  );
  const [a, z, y] = [await copyOf(made[0]), await copyOf(made[1]), await copyOf(made[2])];
  for (const one of made) one.dispose();
  return { x, target, a, z, y };
}

/** Parameters, pre-activations, hidden units and predictions at the points that train. */
export async function inspect(training: Training): Promise<LiveTensor[]> {
  const { x, a, z, y } = await passing(training);
  const { w1, b1, w2 } = training.network;
  const steps: readonly TermRef[] = ['adam/theta', 'sgd/theta', 'weight-decay/theta'];
  const phi = Object.keys(nonlinearities) as (keyof typeof nonlinearities)[];
  const saved = phi.flatMap((name): TermRef[] => (name === 'sin' ? [] : [`${name}-gradient/saved`]));
  const named: readonly (readonly [string, string, readonly TermRef[], Values])[] = [
    ['x', 'a', ['linear/a'], x],
    ['w¹', 'b', ['linear/b', ...steps], await copyOf(w1)],
    ['b¹', 'bias', ['linear/bias'], await copyOf(b1)],
    ['w¹x + b¹', 'x', ['sin-gradient/saved', ...phi.map((name): TermRef => `${name}/x`)], a],
    ['z = φ(w¹x + b¹)', 'y', [...phi.map((name): TermRef => `${name}/y`), ...saved, 'linear-weight-gradient/a', 'dropout/x'], z],
    ['w²', 'θ', steps, await copyOf(w2)],
    ['y(x)', 'y', ['linear/y', 'mse/difference'], y],
  ];
  return named.map(([name, symbol, terms, { data, shape }]) => ({ name, symbol, terms, shape, data }));
}

/**
 * What one card shows, checked on the network as it is: its points, its nonlinearity, its optimiser with its moments.
 * @param card id of a card that can be verified
 */
export async function verify(training: Training, live: Config, card: string): Promise<Verification[]> {
  const { network } = training;
  const { x, target, a, z, y } = await passing(training);
  const [w1, w2] = [await copyOf(network.w1), await copyOf(network.w2)];
  // ∂E/∂y of the mean squared error.
  const gy: Values = {
    shape: y.shape,
    data: y.data.map((value, n) => (2 * (value - (target.data[n] as number))) / y.data.length),
  };
  const layer = { x: z, w: w2, gy };
  const activation = card.replace('-gradient', '');
  if (activation in nonlinearities) return activationChecks(card, activation as keyof typeof nonlinearities, a);
  switch (card) {
    case 'linear':
      return [...(await linearChecks(card, { x, w: w1, gy: a })), await whole(training, live, smooth(x, target, a, live))];
    case 'linear-weight-gradient':
      return linearChecks(card, layer);
    case 'mse':
      return meanSquaredErrorChecks(y, target);
    case 'dropout':
      return dropoutChecks(z, live.p, live.seed);
    case 'adam':
    case 'sgd':
      return update(training, live, weightGradient(layer));
    case 'weight-decay':
      return [...(await update(training, live, weightGradient(layer))), await whole(training, live, smooth(x, target, a, live))];
    default:
      throw new Error(`there is no check for the card '${card}'`);
  }
}

/** The next step of w², with the moments and the decay that it has. @param error ∂E/∂w² */
async function update(training: Training, { rate, decay, optimiser }: Config, error: Float32Array<ArrayBuffer>) {
  const { network, penalised, decays } = training;
  const theta = (await copyOf(network.w2)).data;
  const g = penalised ? error.map((value, j) => value + 2 * decay * (theta[j] as number)) : error;
  const weightDecay = decays && !penalised ? decay : 0;
  const at = training.optimiser.parameters.indexOf(network.w2);
  const moments: Float32Array<ArrayBuffer>[] = [];
  for (const tensors of training.optimiser.moments.values()) moments.push(await (tensors[at] as Tensor).data());
  const step = training.steps + 1;
  if (optimiser === 'sgd') return descentChecks({ theta, g, step }, { lr: rate, weightDecay });
  return adamChecks({ theta, g, step, moments }, { lr: rate, weightDecay, decoupled: weightDecay > 0 });
}

/** Distance from the kink of a ReLU within which a difference quotient sees both of its sides. */
const KINK = 0.05;

/** The points at which the network is smooth: all, but for a ReLU, which has a kink where its input is 0. */
function smooth(x: Values, target: Values, a: Values, { activation }: Config): readonly [x: Values, target: Values] {
  if (activation !== 'relu') return [x, target];
  const units = a.shape[1] ?? 1;
  const kept = [...x.data.keys()].filter((n) => a.data.subarray(n * units, (n + 1) * units).every((v) => Math.abs(v) > KINK));
  const of = ({ data }: Values): Values => ({ shape: [kept.length, 1], data: Float32Array.from(kept, (n) => data[n] as number) });
  return kept.length > 0 ? [of(x), of(target)] : [x, target];
}

/** The tape through the whole network, with the penalty that its loss has, against central differences. */
async function whole(
  training: Training,
  { decay, activation }: Config,
  [x, target]: readonly [Values, Values],
): Promise<Verification> {
  const { network, penalised } = training;
  const parameters = await Promise.all(network.parameters.map(copyOf));
  const name = `∂${penalised ? '(E + λΣw²)' : 'E'}/∂(w¹, b¹, w², b²)`;
  return on([x, target, ...parameters], (input, t, ...tensors) => {
    const loss = (...p: readonly Tensor[]) => {
      const [w, , v] = p as [Tensor, Tensor, Tensor, Tensor];
      const error = mseLoss(outputOf(network.phi, p, input as Tensor), t as Tensor);
      return penalised ? add(error, mul(add(sum(square(w)), sum(square(v))), decay)) : error;
    };
    // Between its kinks the error of a ReLU network is quadratic in each parameter: the larger the step, the less rounding.
    return verifyGradient(name, loss, tensors, { epsilon: activation === 'relu' ? KINK / 2 : 3e-3 });
  });
}
