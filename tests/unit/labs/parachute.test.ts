/** Tiny Darknet's parachute, where a data mirror has the photograph: what the saliency lab's README says of it, number by number. */
import { expect, it } from 'vitest';
import { measureParachute } from '../../../apps/labs/saliency/parachute.ts';
import { openEngine } from '../../../apps/runtime/engine-device.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import type { MethodName } from '../../../engine/explain/method-names.ts';
import { photographsIn } from '../io/tiny-darknet-photographs.ts';
import { tableClaims } from './truth/claims.ts';

const prepared = photographsIn('photos').length > 0;

it.skipIf(!prepared)('Tiny Darknet looks at the jumper and the horizon, not at the canopy', { timeout: 600_000 }, async () => {
  const found = await measureParachute({ data: nodeEnvironment().data, device: (await openEngine('wasm')).info });
  if (!found) throw new Error('the mirror has the photograph, but it has not been prepared');
  const region = (name: string) => found.regions.find((each) => each.region === name) ?? { area: 1, mass: 0, largest: 0 };
  const said = (name: string) => found.said.find(({ picture }) => picture === name)?.logit ?? Number.NaN;
  const horizon = region('horizon');
  expect(horizon.mass / horizon.area).toBeGreaterThan(2);
  expect([horizon.largest, region('canopy').largest < 0.6]).toEqual([1, true]);
  expect(said('jumper painted over')).toBeLessThan(said('canopy painted over'));

  const shares = (name: string) => {
    const { area, mass, largest } = region(name);
    return [[100 * area], [100 * mass], [100 * largest]];
  };
  const logit = (name: string) => [[said(name)]];
  const outside = (name: MethodName) => {
    const { mass = 0, lit = 0 } = found.methods.find(({ method }) => method === name) ?? {};
    return [[100 * mass], [100 * lit]];
  };
  const claims = [
    ...tableClaims('saliency', '### The parachute', {
      canopy: shares('canopy'),
      'all but the canopy': shares('surroundings'),
      '… the horizon and the jumper': shares('horizon'),
      '… the sky above': shares('sky'),
    }),
    ...tableClaims('saliency', '| picture ', {
      'as it is': logit('as it is'),
      'the canopy grey, its outline left': logit('canopy grey'),
      'the canopy painted over with what is beside it': logit('canopy painted over'),
      'the jumper painted over (1.1 % of the area)': logit('jumper painted over'),
      'the sky grey': logit('sky grey'),
      'everything but the canopy grey': logit('all but the canopy grey'),
    }),
    ...tableClaims('saliency', '| method               | mass outside', {
      CAM: outside('CAM'),
      saliency: outside('saliency'),
      'gradient × input': outside('gradient × input'),
      'integrated gradients': outside('integrated gradients'),
      occlusion: outside('occlusion'),
    }),
  ];
  // Devices sum in other orders: the last digit may differ by one.
  for (const { where, text, value } of claims) {
    const step = 10 ** -(text?.split('.')[1]?.length ?? 0);
    expect(Math.abs(Number(text) - value), `${where}: ${text} is ${value}`).toBeLessThanOrEqual(1.5 * step);
  }
});
