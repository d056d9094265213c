/** Gradient descent on E(x) = x², with the engine's tape. */
import { grad, scope, square, sum, tensor } from '../../../engine/index.ts';
import type { Experiment } from '../../runtime/index.ts';
import { definition, type schema } from './schema.ts';

/** What run and page say to each other. */
export interface Descent {
  result: { x: number; E: number };
  data: { path: readonly number[] };
  requests: { energy(of: { x: number }): number };
}

async function slopeAt(at: number): Promise<number> {
  const slope = scope(() => {
    const x = tensor([at], [1], { requiresGrad: true });
    return grad(sum(square(x)), [x])[0];
  });
  const [value = 0] = (await slope?.data()) ?? [];
  slope?.dispose();
  return value;
}

export const experiment: Experiment<typeof schema, Descent> = {
  ...definition,
  async *run(config, context) {
    context.serve('energy', ({ x }) => x * x);
    const path = [config.start];
    let x = config.start;
    for (let step = 1; step <= config.steps; step++) {
      x -= context.live.rate * (await slopeAt(x));
      path.push(x);
      yield { type: 'metric', series: 'E(x)', x: step, y: x * x };
      yield { type: 'data', name: 'path', value: [...path] };
      yield { type: 'step', step, total: config.steps, loss: x * x };
    }
    return { x, E: x * x };
  },
};
