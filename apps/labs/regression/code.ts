/** The run as a TypeScript file of its own: the same mathematics with the engine's API, for Node. It ends with the same numbers. */
import type { Change } from '../../runtime/runner.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { type schema, settings } from './schema.ts';

type Config = ConfigOf<typeof schema>;

/** @param changes of the learning rate and of λ while the run went on */
export function runnableCode(config: Config, changes: readonly Change[] = []): string {
  const chosen = config.setting === 'all four' ? settings : [config.setting];
  const [decays, drops, stops] = (['weight decay', 'dropout', 'early stopping'] as const).map((one) => chosen.includes(one));
  const decoupled = config.decayForm === 'decoupled';
  const penalised = decays && !decoupled;
  const holds = stops || config.holdOutForAll;
  const names = [
    'add',
    'Generator',
    'init',
    'keep',
    'matmul',
    'mseLoss',
    'noGrad',
    'scope',
    config.activation,
    'type Tensor',
    'tensor',
  ];
  if (penalised) names.push('mul', 'square', 'sum');
  if (drops) names.push('DeviceGenerator', 'dropout');
  const lines = (when: boolean | undefined, text: string) => (when ? text : '');
  return `/**
 * Regression with ${chosen.join(', ')}: a run of the lab, written with the engine's API. Save this file in the root of a Chalkgrad checkout
 * and run it with \`node apps/cli/run.mjs exec FILE\`.
 */
import { ${names.sort((a, b) => a.replace('type ', '').localeCompare(b.replace('type ', ''))).join(', ')} } from './engine/index.ts';
${lines(stops, "import { EarlyStopping } from './engine/optim/early-stopping.ts';\n")}import { createOptimiser } from './engine/optim/optimiser.ts';

await init({ device: 'cpu' }); // a problem this small is faster without a GPU
/** x, t, and whether the point is held out. */
const points: [number, number, boolean][] = ${JSON.stringify(config.points.map(({ x, t, held }) => [x, t, held]))};
const column = (values: number[]) => keep(tensor(Float32Array.from(values), [values.length, 1]));
const learn = { requiresGrad: true };
/** After so many steps: η${decays ? ' and λ' : ''}. */
const changes = ${JSON.stringify([{ step: 0, values: { rate: config.rate, decay: config.decay } }, ...changes])};

async function train(setting: string) {
  ${
    holds
      ? `const holdsOut = ${config.holdOutForAll ? 'true' : "setting === 'early stopping'"};
  const learned = points.filter(([, , held]) => !(held && holdsOut));
  const held = points.filter(([, , held]) => held && holdsOut);`
      : 'const learned = points;'
  }
  const x = column(learned.map(([v]) => v));
  const t = column(learned.map(([, v]) => v));

  // y(x) = Σ_j w2_j φ(w1_j x + b1_j) + b2
  const J = ${config.units};
  const rng = new Generator(${config.seed}, 'weights');
  const w1 = keep(tensor(rng.normal(J, 0, ${config.initialScale}), [1, J], learn));
  const b1 = keep(tensor(rng.uniform(J, -2, 2), [J], learn));
  const w2 = keep(tensor(rng.normal(J, 0, Math.sqrt(0.1)), [J, 1], learn));
  const b2 = keep(tensor(new Float32Array(1), [1], learn));
  const parameters = [w1, b1, w2, b2];
  const hidden = (v: Tensor) => ${config.activation}(add(matmul(v, w1), b1));
  const predict = (v: Tensor) => add(matmul(hidden(v), w2), b2);
  const errorOf = async (some: typeof points) => {
    const y = scope(() => noGrad(() => predict(tensor(some.map(([v]) => [v])))));
    const values = await y.data();
    return some.reduce((total, [, target], n) => total + ((values[n] ?? 0) - target) ** 2, 0) / some.length;
  };
${lines(drops, `  const noise = new DeviceGenerator(${config.seed}, 'dropout');\n`)}${lines(penalised, '  const lambda = keep(tensor([0], []));\n')}${lines(
  stops,
  `  const watch = new EarlyStopping({ patience: ${config.patience}, minDelta: ${config.minDelta} });
  let best: { step: number; values: Float32Array[] } | undefined;\n`,
)}
  const optimiser = createOptimiser(parameters, { type: ${
    config.optimiser === 'sgd' ? "'sgd'" : decays && decoupled ? "setting === 'weight decay' ? 'adamw' : 'adam'" : "'adam'"
  }, lr: ${config.rate} });
  for (let step = 1; step <= ${config.steps}; step++) {
    for (const { values } of changes.filter((change) => change.step === step - 1)) {
      optimiser.lr = values.rate ?? optimiser.lr;
${lines(decays && decoupled, "      if (setting === 'weight decay') optimiser.weightDecay = values.decay ?? optimiser.weightDecay;\n")}${lines(
  penalised,
  '      if (values.decay !== undefined) lambda.write([values.decay]);\n',
)}    }
    scope(() => {
      ${
        drops
          ? `const y = setting === 'dropout' ? add(matmul(dropout(hidden(x), { p: ${config.p}, rng: noise }), w2), b2) : predict(x);
      const error = mseLoss(y, t);`
          : 'const error = mseLoss(predict(x), t);'
      }
      const loss = ${
        penalised
          ? "setting === 'weight decay' ? add(error, mul(lambda, add(sum(square(w1)), sum(square(w2))))) : error"
          : 'error'
      };
      optimiser.step(optimiser.gradients(loss));
    });
${lines(drops, "    if (setting === 'dropout') noise.advance();\n")}${lines(
  stops,
  `    if (setting === 'early stopping' && (step % ${config.evalEvery} === 0 || step === 1 || step === ${config.steps})) {
      const verdict = watch.observe(await errorOf(held));
      if (verdict === 'improved') best = { step, values: await Promise.all(parameters.map((parameter) => parameter.data())) };
      if (verdict === 'stop') break;
    }\n`,
)}  }
${lines(
  stops,
  `  if (best) for (const [n, parameter] of parameters.entries()) parameter.write(best.values[n] ?? []);\n`,
)}  return { trainMSE: await errorOf(learned)${lines(holds, ', validationMSE: held.length > 0 ? await errorOf(held) : null')}${lines(
    stops,
    ', bestStep: best?.step ?? null',
  )} };
}

for (const setting of ${JSON.stringify(chosen)}) console.log(JSON.stringify([setting, await train(setting)]));
`;
}
