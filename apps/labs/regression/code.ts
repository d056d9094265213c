/** The run as a TypeScript file of its own: the same mathematics with the engine's API, ready for Node or a page. */
import type { ConfigOf } from '../../runtime/schema.ts';
import type { schema } from './schema.ts';

export function runnableCode(config: ConfigOf<typeof schema>): string {
  const dropout = config.setting === 'dropout';
  const decay = config.setting === 'weight decay';
  const loss = decay
    ? `add(mseLoss(predict(x), t), mul(add(sum(square(w1)), sum(square(w2))), ${config.decay}))`
    : 'mseLoss(predict(x), t)';
  const names = ['add', ...(dropout ? ['DeviceGenerator', 'dropout'] : []), 'Generator', 'grad', 'init', 'matmul', 'mseLoss'];
  const more = [
    ...(decay ? ['mul'] : []),
    'scope',
    ...(decay ? ['square', 'sum'] : []),
    config.activation,
    'tensor',
    'type Tensor',
  ];
  const optimiser = config.optimiser === 'sgd' ? `{ type: 'sgd', lr: ${config.rate} }` : `{ type: 'adam', lr: ${config.rate} }`;
  return `// Regression with ${config.setting === 'all four' ? 'no regularisation' : config.setting}: the run of the lab, written with the engine's API.
import { ${[...names, ...more].join(', ')} } from 'chalkgrad/engine/index.ts';
import { createOptimiser } from 'chalkgrad/engine/optim/optimiser.ts';

await init({ device: 'cpu' }); // a problem this small is faster without a GPU
const points = ${JSON.stringify(config.points.map(({ x, t }) => [x, t]))};
const x = tensor(points.map(([v]) => [v!]));
const t = tensor(points.map(([, v]) => [v!]));

// y(x) = Σ_j w2_j h(w1_j x + b1_j) + b2
const J = ${config.units};
const rng = new Generator(${config.seed}, 'weights');
const learn = { requiresGrad: true };
const w1 = tensor(rng.normal(J, 0, ${config.initialScale}), [1, J], learn);
const b1 = tensor(rng.uniform(J, -2, 2), [J], learn);
const w2 = tensor(rng.normal(J, 0, Math.sqrt(0.1)), [J, 1], learn);
const b2 = tensor(new Float32Array(1), [1], learn);
${dropout ? `const noise = new DeviceGenerator(${config.seed}, 'dropout');\n` : ''}const hidden = (v: Tensor) => ${config.activation}(add(matmul(v, w1), b1));
const predict = (v: Tensor) => add(matmul(${dropout ? `dropout(hidden(v), { p: ${config.p}, rng: noise })` : 'hidden(v)'}, w2), b2);

const parameters = [w1, b1, w2, b2];
const optimiser = createOptimiser(parameters, ${optimiser});
for (let step = 1; step <= ${config.steps}; step++) {
  const loss = scope(() => {
    const E = ${loss};
    optimiser.step(grad(E, parameters));
    return E;
  });
  if (step % ${config.evalEvery * 10} === 0) console.log(step, await loss.item());
  loss.dispose();${dropout ? '\n  noise.advance();' : ''}
}
`;
}
