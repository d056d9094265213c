import { describe, expect, it } from 'vitest';
import { allCases } from '../../../bench/cases/cases.ts';
import { pytorch } from '../../../bench/libraries/pytorch.ts';
import { Session } from '../../../bench/measure/session.ts';

const session = new Session();
const opened = await session.open(pytorch, 'cpu');

/** Only where a Python has torch. */
describe.skipIf(opened.error !== undefined)('PyTorch beside the engine', () => {
  const cases = allCases().filter(({ name, group }) =>
    group === 'training-step' ? /^(ConvNet|MLP)/.test(name) : /^(matmul 256|conv .* 16→32)$|^conv 3×3 .*16→32$/.test(name),
  );

  it.each(cases)('computes what the others compute: $name', { timeout: 60_000 }, async (one) => {
    const result = await session.measure(one, { batches: 1, batchSeconds: 0, warmSeconds: 0, warmExecutions: 1 });
    expect(result.contenders.map(({ id, status, message }) => [id, status, message])).toEqual([['pytorch cpu', 'ok', undefined]]);
  });
});

describe('PyTorch', () => {
  it('is left out with a reason where Python has no torch, or does what it says', () => {
    if (opened.error === undefined) expect(opened.version).toMatch(/^\d+\.\d+/);
    else expect(opened.error).toMatch(/no torch|ENOENT|ended with/);
    session.close();
  });
});
