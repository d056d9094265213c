/**
 * `node apps/cli/run.mjs exec apps/labs/saliency/parachute.main.ts`: Tiny Darknet on the test photograph of a parachute (which may not be passed on):
 * where its maps lie beside the outline of the canopy, and what the logit loses when canopy, jumper, sky or everything but the canopy is covered.
 */
import { formatPercent } from '../../components/shared/format.ts';
import { openEngine } from '../../runtime/engine-device.ts';
import { nodeEnvironment } from '../../runtime/node-environment.ts';
import { measureParachute } from './parachute.ts';

const percent = (share: number): string => formatPercent(share);

/** @returns 1 where the photograph is not there */
export async function main(): Promise<number> {
  const found = await measureParachute({ data: nodeEnvironment().data, device: (await openEngine('wasm')).info });
  if (!found) {
    console.error('The photograph `parachute` has not been prepared: it comes with a data mirror that CHALKGRAD_DATA names.');
    return 1;
  }
  const { said, methods, regions } = found;
  console.table(
    said.map(({ logit, probability, ...rest }) => ({
      ...rest,
      with: probability.toFixed(3),
      'parachute logit': logit.toFixed(2),
    })),
  );
  console.table(
    methods.map(({ method, mass, lit }) => ({
      method,
      'mass outside the canopy': percent(mass),
      'above half its largest value': percent(lit),
    })),
  );
  console.table(
    regions.map(({ region, area, mass, largest }) => ({
      region,
      area: percent(area),
      'mass of CAM': percent(mass),
      'largest value': percent(largest),
    })),
  );
  return 0;
}
