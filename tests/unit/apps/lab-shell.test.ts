/** What the buttons of a lab do, between the states that its run shows. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { defineLab, defineSchema, type Experiment, int } from '../../../apps/runtime/index.ts';
import { LabShell } from '../../../apps/shell/lab-shell.ts';
import { slowEnvironment } from './slow-environment.ts';

const schema = defineSchema({ steps: int({ default: 1000, min: 1, max: 1000, label: 'steps', live: 'restart' }) });
const definition = defineLab({
  id: 'slow',
  title: 'Slow',
  question: 'When?',
  version: 1,
  schema,
  presets: { quick: { values: {} }, full: { values: {} } },
  device: 'any',
});
let begun = 0;
const experiment: Experiment<typeof schema> = {
  ...definition,
  async *run({ steps }) {
    begun += 1;
    for (let step = 1; step <= steps; step++) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      yield { type: 'step', step, total: steps };
    }
    return undefined;
  },
};
const environment = slowEnvironment(30);

class SlowLab extends LabShell {
  static override lab = {
    definition,
    hosting: {
      worker: () => {
        throw new Error('no workers here');
      },
      local: async () => ({ experiment, environment: () => environment }),
    },
  };
  oneStep = () => this.step(1);
  get at(): number {
    return this.run.progress.step?.step ?? 0;
  }
  get active(): boolean {
    return this.run.active;
  }
  close = () => this.run.close();
}

let lab: SlowLab;
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
};

beforeAll(() => {
  const page = {
    requestAnimationFrame: () => 1,
    matchMedia: () => ({ matches: false }),
    navigator: {},
    location: { search: '' },
  };
  for (const [name, value] of Object.entries(page)) vi.stubGlobal(name, value);
  customElements.define('slow-lab', SlowLab as unknown as CustomElementConstructor);
  lab = new SlowLab();
});
afterAll(() => {
  lab?.close();
  vi.unstubAllGlobals();
});

it('one step and Run go on with a run whose pause waits for the end of its step, and with one that is still starting', async () => {
  lab.play();
  await until(() => lab.runState === 'starting');
  lab.pause();
  lab.oneStep();
  await until(() => lab.runState === 'paused' && lab.at === 1);
  lab.play();
  await until(() => lab.runState === 'running');
  lab.pause();
  expect([lab.runState, lab.active]).toEqual(['running', false]);
  lab.oneStep();
  await until(() => lab.runState === 'paused' && lab.at > 1);
  lab.play();
  await until(() => lab.runState === 'running');
  lab.pause();
  const at = lab.at;
  lab.play();
  expect(lab.active).toBe(true);
  await until(() => lab.at > at + 2);
  lab.oneStep();
  expect(lab.active, 'one step of a run that plays pauses it').toBe(false);
  await until(() => lab.runState === 'paused');
  expect(begun).toBe(1);
});
