import { widget } from '../../embed/widget.ts';
import './tsne.ts';

export { TsneLab } from './tsne.ts';
// biome-ignore lint/style/noDefaultExport: the anywidget format asks for one
export default widget('chalk-lab-tsne');
