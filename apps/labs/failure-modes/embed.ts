import { widget } from '../../embed/widget.ts';
import './failure-modes.ts';

export { FailureModesLab } from './failure-modes.ts';
// biome-ignore lint/style/noDefaultExport: the anywidget format asks for one
export default widget('chalk-lab-failure-modes');
