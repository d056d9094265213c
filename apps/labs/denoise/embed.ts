import { widget } from '../../embed/widget.ts';
import './denoise.ts';

export { DenoiseLab } from './denoise.ts';
// biome-ignore lint/style/noDefaultExport: the anywidget format asks for one
export default widget('chalk-lab-denoise');
