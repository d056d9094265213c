import { widget } from '../../embed/widget.ts';
import './regression.ts';

export { RegressionLab } from './regression.ts';
// biome-ignore lint/style/noDefaultExport: the anywidget format asks for one
export default widget('chalk-lab-regression');
