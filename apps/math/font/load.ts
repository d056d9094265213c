/** The font of equations: a subset of STIX Math (licence: apps/public/licences), so that subscripts and sums sit right in browsers that have no font for them. */
import address from './chalk-math.woff2?url&no-inline';

/** The font's own are those of its tallest integral, and would push every line apart that has a symbol in it. */
const METRICS: FontFaceDescriptors = { display: 'swap', ascentOverride: '90%', descentOverride: '25%', lineGapOverride: '0%' };

let added = false;

/** Makes `Chalk Math` known to the document; the browser fetches it when an equation is shown. Style sheets of shadow roots cannot do this. */
export function addMathFont(): void {
  if (added || typeof FontFace === 'undefined') return;
  added = true;
  document.fonts.add(new FontFace('Chalk Math', `url(${JSON.stringify(address)})`, METRICS));
}
