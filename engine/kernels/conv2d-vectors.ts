/** Convolution kernels that read vectors of 4 channels, behind a step that pads other numbers of channels with zeros. */
import type { Conv2dSizes } from './conv2d-sizes.ts';
import { PaddedPlan, roundUp } from './gemm-plan.ts';
import type { AdapterCaps, Plan } from './kernel.ts';

/** Whether vectors of 4 channels stay inside a group: always without groups, because the channels can be padded. */
export const vectorsFit = (p: Conv2dSizes): boolean =>
  p.groups === 1 || ((p.Ci / p.groups) % 4 === 0 && (p.Co / p.groups) % 4 === 0);

/** The buffers of a convolution kernel, by the role that decides their shape. */
export interface Roles {
  readonly x: string;
  readonly y: string;
  readonly w: string;
  /** A bias or its gradient, and whether it belongs to the input's or the output's channels. */
  readonly bias?: readonly [name: string, of: 'Ci' | 'Co'];
}

/**
 * The plan of a kernel for channels rounded up to multiples of 4, with the padding and cropping of its buffers around it.
 * @param outputs which of the buffers in `roles` the kernel writes
 * @param channels 'out': the input channels stay as they are
 */
export function vectorChannels<P extends Conv2dSizes>(
  p: P,
  caps: AdapterCaps,
  roles: Roles,
  outputs: readonly string[],
  plan: (padded: P) => Plan,
  channels: 'both' | 'out' = 'both',
): Plan {
  const whole = { ...p, Ci: channels === 'both' ? roundUp(p.Ci, 4) : p.Ci, Co: roundUp(p.Co, 4) };
  const padded = new PaddedPlan(caps);
  const shapes = (q: Conv2dSizes) => ({
    [roles.x]: { matrices: 1, rows: p.N * p.H * p.W, columns: q.Ci },
    [roles.y]: { matrices: 1, rows: p.N * p.Ho * p.Wo, columns: q.Co },
    [roles.w]: { matrices: p.kh * p.kw, rows: q.Ci / p.groups, columns: q.Co },
    ...(roles.bias ? { [roles.bias[0]]: { matrices: 1, rows: 1, columns: q[roles.bias[1]] } } : {}),
  });
  const given = Object.entries(shapes(p));
  const wanted = shapes(whole);
  for (const [name, shape] of given) {
    const vector = wanted[name] ?? shape;
    if (outputs.includes(name)) padded.output(name, vector, shape);
    else padded.input(name, shape, vector);
  }
  return padded.around(plan(whole));
}
