/** What the math cards ask of a run: the tensors of the network as it is, and checks on them. */
import { linear, mseLoss, noGrad, scope, type Tensor, tanh, tensor } from '../../../engine/index.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import {
  activationChecks,
  adamChecks,
  copyOf,
  dropoutChecks,
  linearChecks,
  meanSquaredErrorChecks,
  on,
  type Values,
  weightGradient,
} from '../../math/checks.ts';
import { verifyGradient } from '../../math/verify.ts';
import type { ConfigOf, TermRef } from '../../runtime/schema.ts';
import type { RegressionNetwork } from './model.ts';
import type { schema } from './schema.ts';
import type { Training } from './training.ts';

type Config = ConfigOf<typeof schema>;

/** Inputs at which the hidden layer is shown: 0, 0.1, …, 1. */
const inputs = Float32Array.from({ length: 11 }, (_, n) => n / 10);

/** Hidden units and predictions at these inputs. */
const passes = (network: RegressionNetwork) =>
  scope(() =>
    noGrad(() => {
      const x = tensor(inputs, [inputs.length, 1]);
      return { hidden: network.hidden(x), output: network.predict(x) };
    }),
  );

/** w¹, b¹, w², and the hidden units and predictions at 0, 0.1, …, 1. */
export async function inspect({ network }: Training): Promise<LiveTensor[]> {
  const { hidden, output } = passes(network);
  const { w1, b1, w2 } = network;
  const theta: readonly TermRef[] = ['adam/theta', 'weight-decay/theta'];
  const named: readonly (readonly [string, string, readonly TermRef[], Tensor])[] = [
    ['w¹', 'w', ['linear/b', ...theta], w1],
    ['b¹', 'b', ['linear/bias'], b1],
    ['z = h(w¹x + b¹)', 'z', ['tanh/y', 'tanh-gradient/saved', 'linear-weight-gradient/a', 'dropout/x'], hidden],
    ['w²', 'w', theta, w2],
    ['y(x)', 'y', ['linear/y'], output],
  ];
  const tensors: LiveTensor[] = [];
  for (const [name, symbol, terms, tensor] of named) {
    const { data, shape } = await copyOf(tensor);
    tensors.push({ name, symbol, terms, shape, data });
  }
  hidden.dispose();
  output.dispose();
  return tensors;
}

/** What one card shows, checked on the network as it is. @param card id of a card that can be verified */
export async function verify(
  { network }: Training,
  { rate, decay, decayForm, p, seed }: Config,
  card: string,
): Promise<Verification[]> {
  const [w1, w2] = [await copyOf(network.w1), await copyOf(network.w2)];
  const { hidden, output } = passes(network);
  const [z, y] = [await copyOf(hidden), await copyOf(output)];
  hidden.dispose();
  output.dispose();
  const x: Values = { shape: [inputs.length, 1], data: inputs };
  const target: Values = { shape: y.shape, data: inputs.map((value) => Math.sin(6 * value)) };
  // ∂E/∂y of the mean squared error against that target.
  const dy: Values = {
    shape: y.shape,
    data: y.data.map((value, n) => (2 * (value - (target.data[n] as number))) / inputs.length),
  };
  const layer = { x: z, w: w2, dy };
  const decoupled = decayForm === 'decoupled';
  const settings = { lr: rate, weightDecay: card === 'weight-decay' ? decay : 0, decoupled };
  switch (card) {
    case 'linear':
      return [...(await linearChecks(card, { x, w: w1, dy: z })), await whole(network, x, target)];
    case 'linear-weight-gradient':
      return linearChecks(card, layer);
    case 'tanh':
    case 'tanh-gradient':
      return activationChecks(card, 'tanh', z);
    case 'mse':
      return meanSquaredErrorChecks(y, target);
    case 'dropout':
      return dropoutChecks(z, p, seed);
    case 'adam':
    case 'weight-decay':
      return adamChecks({ theta: w2.data, g: weightGradient(layer), step: 1 }, settings);
    default:
      throw new Error(`there is no check for the card '${card}'`);
  }
}

/** The tape through the whole network against central differences. */
async function whole(network: RegressionNetwork, x: Values, target: Values): Promise<Verification> {
  const parameters = await Promise.all(network.parameters.map(copyOf));
  return on([x, target, ...parameters], (input, t, ...tensors) => {
    const error = (w: Tensor, b: Tensor, v: Tensor, c: Tensor) =>
      mseLoss(linear(tanh(linear(input as Tensor, w, b)), v, c), t as Tensor);
    return verifyGradient('∂E/∂(w¹, b¹, w², b²)', (...p) => error(...(p as [Tensor, Tensor, Tensor, Tensor])), tensors, {
      epsilon: 3e-3,
    });
  });
}
