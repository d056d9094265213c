/** Memory of the same layout as the parameters: gradients, moments. */

import { TensorArena } from '../arena.ts';
import { keep } from '../memory.ts';
import { type Tensor, zeros } from '../tensor.ts';
import type { Member } from './segments.ts';

export class Shadow {
  /** One tensor for each member, of its shape, zero at first. */
  readonly tensors: readonly Tensor[];
  readonly #arenas = new Map<TensorArena, TensorArena>();
  readonly #loose: Tensor[] = [];

  constructor(members: readonly Member[], madeBy: string) {
    this.tensors = members.map(({ tensor, range }) => {
      if (!range) {
        const own = keep(zeros(tensor.shape, { device: tensor.device }));
        this.#loose.push(own);
        return own;
      }
      const { arena } = range;
      let mine = this.#arenas.get(arena);
      if (!mine) {
        mine = new TensorArena(
          arena.tensors.map((t) => t.shape),
          madeBy,
          tensor.device,
        );
        this.#arenas.set(arena, mine);
      }
      return mine.tensors[arena.tensors.indexOf(tensor)] as Tensor;
    });
  }

  /** The flat tensor in which a member's range lies; the member's own tensor where it has no range. */
  flat({ tensor, range }: Member): Tensor {
    return (range && this.#arenas.get(range.arena)?.flat) ?? tensor;
  }

  /** Everything, as few flat tensors: for copies to the host and back. */
  get blocks(): Tensor[] {
    return [...[...this.#arenas.values()].map((arena) => arena.flat), ...this.#loose];
  }

  clear(): void {
    for (const block of this.blocks) block.write(new Float32Array(block.size));
  }

  dispose(): void {
    for (const arena of this.#arenas.values()) arena.dispose();
    for (const tensor of this.#loose) tensor.dispose();
  }
}
