import { widget } from '../../embed/widget.ts';
import './classify.ts';

export { ClassifyLab } from './classify.ts';
// biome-ignore lint/style/noDefaultExport: the anywidget format asks for one
export default widget('chalk-lab-classify');
