/**
 * How many steps each parameter has taken. Parameters of one group that have taken as many share a clock, and with it the numbers that
 * the kernels read (learning rate, bias corrections); they part when only some of them are moved.
 */
import type { Tensor } from '../tensor.ts';

export interface Clock {
  readonly group: number;
  /** Steps taken by each of its parameters. */
  steps: number;
  /** What the kernels read. */
  readonly hyper: Tensor;
}

export class Clocks {
  readonly #make: () => Tensor;
  readonly #groups: readonly number[];
  #of: Clock[] = [];
  #version = 0;

  /**
   * @param groups the group of each parameter
   * @param make memory for the numbers of a clock
   */
  constructor(groups: readonly number[], make: () => Tensor) {
    this.#make = make;
    this.#groups = groups;
    this.#of = this.#grouped(groups.map(() => 0));
  }

  /** Grows when a parameter got another clock: what was recorded reads the old one. */
  get version(): number {
    return this.#version;
  }

  of(index: number): Clock {
    return this.#of[index] as Clock;
  }

  /** Steps of each parameter. */
  get steps(): readonly number[] {
    return this.#of.map(({ steps }) => steps);
  }

  set steps(steps: readonly number[]) {
    // As long as parameters of one clock agree, it stays; so a recorded step does, too.
    if (this.#of.every((clock, index) => steps[index] === steps[this.#of.indexOf(clock)])) {
      this.#of.forEach((clock, index) => {
        clock.steps = steps[index] as number;
      });
      return;
    }
    this.dispose();
    this.#of = this.#grouped(steps);
    this.#version++;
  }

  /** Makes the moved and the unmoved parameters of a clock two. */
  part(active: readonly boolean[]): void {
    for (const clock of new Set(this.#of)) {
      const members = this.#of.flatMap((own, index) => (own === clock ? [index] : []));
      const moved = members.filter((index) => active[index]);
      if (moved.length === 0 || moved.length === members.length) continue;
      const own: Clock = { group: clock.group, steps: clock.steps, hyper: this.#make() };
      for (const index of moved) this.#of[index] = own;
      this.#version++;
    }
  }

  /** Counts a step of the active parameters. @returns their clocks, whose numbers are to be written */
  advance(active: readonly boolean[]): ReadonlySet<Clock> {
    this.part(active);
    const moved = new Set(this.#of.filter((_, index) => active[index]));
    for (const clock of moved) clock.steps++;
    return moved;
  }

  dispose(): void {
    for (const { hyper } of new Set(this.#of)) hyper.dispose();
  }

  #grouped(steps: readonly number[]): Clock[] {
    const clocks = new Map<string, Clock>();
    return steps.map((count, index) => {
      const group = this.#groups[index] as number;
      const key = `${group} ${count}`;
      const known = clocks.get(key) ?? { group, steps: count, hyper: this.#make() };
      clocks.set(key, known);
      return known;
    });
  }
}
