/** Pictures of an attack as the components take them. */
import type { ImageBatch } from '../../components/shared/images.ts';
import type { Attacked } from './attack.ts';

const channelsOf = ({ shape }: Attacked): 1 | 3 => (shape[2] === 3 ? 3 : 1);

function batch(attacked: Attacked, data: Float32Array): ImageBatch {
  const [height = 1, width = 1] = attacked.shape;
  return { data, count: 1, width, height, channels: channelsOf(attacked) };
}

const frameOf = ({ frames, original }: Attacked, at: number) => frames.subarray(at * original.length, (at + 1) * original.length);

/** @param at a step of the walk; −1: the picture as it was; null: with random signs */
export function frameBatch(attacked: Attacked, at: number | null): ImageBatch {
  if (at === null) return batch(attacked, attacked.noise?.pixels ?? attacked.original);
  return batch(attacked, at < 0 ? attacked.original : frameOf(attacked, at));
}

/** δ at a step, its largest change at the end of the scale: signed colours for grey pictures, grey in the middle for coloured ones. */
export function changeBatch(attacked: Attacked, at: number): ImageBatch {
  const frame = frameOf(attacked, at);
  const delta = frame.map((value, i) => value - (attacked.original[i] as number));
  const limit = attacked.points[at]?.largest || 1;
  const made = batch(attacked, delta);
  return made.channels === 3 ? { ...made, range: [-limit, limit] } : { ...made, map: 'diverging', limit };
}
