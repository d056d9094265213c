import { describe, expect, it } from 'vitest';
import type { BenchCase, Library } from '../../../bench/cases/case.ts';
import stored from '../../../bench/cases/expected-losses.json';
import { mlp } from '../../../bench/cases/networks.ts';
import { Budget } from '../../../bench/measure/budget.ts';
import { Session } from '../../../bench/measure/session.ts';
import { fake, relu, right } from './fake-library.ts';

const training: BenchCase = { ...relu, group: 'training-step', workload: { type: 'training-step', network: mlp } };
const LOSSES = stored.losses.MLP;

/** A machine with a clock of its own, on which executions take as long as they are said to. */
class Machine {
  readonly calls: string[] = [];
  readonly #libraries: Library[] = [];
  #clock = 0;

  /** @param first seconds of the first step, which compiles; @param step of every other */
  add(name: string, first: number, step: number, losses: readonly number[] = LOSSES): this {
    let steps = 0;
    const pass = (n: number, what: string) => {
      for (let i = 0; i < n; i++) this.#clock += steps++ === 0 ? first : step;
      this.calls.push(`${name} ${what} ${n}`);
    };
    const library = fake(name, [], {
      async run(n) {
        pass(n, 'run');
      },
      async check(n) {
        const from = steps;
        pass(n, 'check');
        return Float32Array.from(losses.slice(from, from + n));
      },
    });
    this.#libraries.push(library);
    return this;
  }

  async measure(benchCase = training) {
    const session = new Session();
    for (const library of this.#libraries) await session.open(library, 'cpu');
    const now = () => this.#clock;
    return (await session.measure(benchCase, { batches: 9, batchSeconds: 0.05, caseSeconds: 60, now })).contenders;
  }
}

describe('the time of a contender for a case', () => {
  it('lets a fast one have all losses and batches', async () => {
    const [fast] = await new Machine().add('a', 1, 0.01).measure();
    expect(fast).toMatchObject({ status: 'ok', checkedSteps: 3, executions: 5, seconds: { count: 9 } });
    expect(fast?.seconds?.median).toBeCloseTo(0.01, 12);
  });

  it('is enough for 9 batches and a warm-up where they just fit', async () => {
    const machine = new Machine().add('a', 8, 4);
    // 8 + 4 + 4 for the losses, 4 to warm up, 36 for the batches.
    expect((await machine.measure())[0]).toMatchObject({ checkedSteps: 3, executions: 1, seconds: { count: 9 } });
    expect(machine.calls).toEqual([...Array(3).fill('a check 1'), ...Array(10).fill('a run 1')]);
  });

  it('goes to the batches before the warm-up', async () => {
    const machine = new Machine().add('a', 10, 5);
    expect((await machine.measure())[0]).toMatchObject({ checkedSteps: 3, seconds: { count: 8 } });
    expect(machine.calls.filter((call) => call === 'a run 1')).toHaveLength(8);
  });

  it('leaves two compared losses and one batch at least', async () => {
    const machine = new Machine().add('a', 30, 25);
    expect((await machine.measure())[0]).toMatchObject({ status: 'ok', checkedSteps: 2, seconds: { count: 1, median: 25 } });
    expect(machine.calls).toEqual(['a check 1', 'a check 1', 'a run 1']);
  });

  it('is too short for a step that takes longer', async () => {
    const machine = new Machine().add('a', 100, 61);
    expect(await machine.measure()).toEqual([{ id: 'a cpu', status: 'too slow', message: '> 61.0 s a step' }]);
    expect(machine.calls).toEqual(['a check 1', 'a check 1']);
  });

  it('ends with a first step that is far too long, compilation or not', async () => {
    const machine = new Machine().add('a', 121, 1);
    expect(await machine.measure()).toEqual([{ id: 'a cpu', status: 'too slow', message: 'the first step took 121 s' }]);
    expect(machine.calls).toEqual(['a check 1']);
  });

  it('is not spent by the others', async () => {
    const [slow, fast] = await new Machine().add('slow', 30, 25).add('fast', 2, 2).measure();
    expect(slow).toMatchObject({ seconds: { count: 1 } });
    expect(fast).toMatchObject({ checkedSteps: 3, seconds: { count: 9 } });
  });

  it('ends at the first loss that disagrees', async () => {
    const [first = 0, second = 0, third = 0] = LOSSES;
    const outcome = async (losses: readonly number[]) => {
      const machine = new Machine().add('a', 1, 1, losses);
      return [(await machine.measure())[0]?.status, machine.calls.length];
    };
    expect(await outcome([2 * first, second, third])).toEqual(['disagrees', 1]);
    expect(await outcome([first, 2 * second, third])).toEqual(['disagrees', 2]);
    expect(await outcome([first, second, 2 * third])).toEqual(['disagrees', 3]);
    // A slow one whose third loss is never compared.
    expect(await new Machine().add('a', 30, 25, [first, second, 2 * third]).measure()).toMatchObject([{ status: 'ok' }]);
  });

  it('holds for kernels, whose second execution is not compared', async () => {
    let clock = 0;
    const seconds = async (execution: number) => {
      const session = new Session();
      const run = async (n: number) => {
        clock += n * execution;
      };
      await session.open(fake('a', [], { run, check: async () => right() }), 'cpu');
      const options = { batches: 9, batchSeconds: 0.05, caseSeconds: 60, now: () => clock };
      return (await session.measure(relu, options)).contenders[0];
    };
    expect(await seconds(61)).toEqual({ id: 'a cpu', status: 'too slow', message: '> 61.0 s an execution' });
    const slow = await seconds(20);
    expect(slow?.seconds?.count).toBe(2);
    expect(slow?.checkedSteps).toBeUndefined();
  });
});

describe('a budget', () => {
  it('has less left by what was timed, even below nothing', async () => {
    let clock = 5;
    const budget = new Budget(10, () => clock);
    const take = (seconds: number) =>
      budget.time(async () => {
        clock += seconds;
      });
    expect(await take(7)).toBe(7);
    clock += 100;
    expect(budget.left).toBe(3);
    await take(4);
    expect([budget.left, budget.seconds]).toEqual([-1, 10]);
  });
});
