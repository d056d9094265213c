import { describe, expect, it, vi } from 'vitest';
import { Question } from '../../../apps/shell/questions.ts';

/** A run that answers when the test says so. */
function asked() {
  const waiting: { payload: readonly unknown[]; answer(value: unknown): void; fail(error: Error): void }[] = [];
  const changed = vi.fn();
  let settings = { rate: 1 };
  const question = new Question<[{ of: string }], string, { rate: number }>('colour', {
    ask: (_name, payload) =>
      new Promise((resolve, reject) => {
        waiting.push({ payload, answer: resolve, fail: reject });
      }),
    get settings() {
      return settings;
    },
    changed,
  });
  const set = (rate: number) => {
    settings = { rate };
  };
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  return { question, waiting, changed, set, settled };
}

describe('a question to the run', () => {
  it('keeps its answer with what was asked and the settings it was asked under', async () => {
    const { question, waiting, set, settled } = asked();
    question.ask({ of: 'the sky' });
    expect(question.asking).toEqual([{ of: 'the sky' }]);
    set(2);
    waiting[0]?.answer('blue');
    await settled();
    expect(question.answer).toEqual({ asked: [{ of: 'the sky' }], value: 'blue', settings: { rate: 1 } });
    expect([question.asking, question.failure]).toEqual([undefined, '']);
  });

  it('asks one at a time, and of those that come meanwhile the newest only', async () => {
    const { question, waiting, settled } = asked();
    for (const of of ['a', 'b', 'c']) question.ask({ of });
    expect(waiting).toHaveLength(1);
    waiting[0]?.answer('1');
    await settled();
    expect(waiting.map(({ payload }) => payload)).toEqual([[{ of: 'a' }], [{ of: 'c' }]]);
    expect(question.value).toBe('1');
    waiting[1]?.answer('3');
    await settled();
    expect(question.value).toBe('3');
  });

  it('says why it has no answer, and keeps the last one beside it', async () => {
    const { question, waiting, settled } = asked();
    question.ask({ of: 'a' });
    waiting[0]?.answer('1');
    await settled();
    question.ask({ of: 'b' });
    waiting[1]?.fail(new Error('nobody knows'));
    await settled();
    expect([question.failure, question.value]).toEqual(['nobody knows', '1']);
    question.ask({ of: 'c' });
    waiting[2]?.answer('2');
    await settled();
    expect(question.failure).toBe('');
  });

  it('forgets everything when a run starts, also an answer that is on its way', async () => {
    const { question, waiting, changed, settled } = asked();
    question.ask({ of: 'a' });
    question.ask({ of: 'b' });
    question.clear();
    waiting[0]?.answer('late');
    await settled();
    expect([question.answer, question.asking, waiting.length]).toEqual([undefined, undefined, 1]);
    question.ask({ of: 'c' });
    expect(waiting).toHaveLength(2);
    waiting[1]?.fail(new Error('no'));
    question.clear();
    await settled();
    expect(question.failure).toBe('');
    expect(changed).toHaveBeenCalled();
  });
});
