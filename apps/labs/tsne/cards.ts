/** The mathematics of the t-SNE lab. */
export { cards } from '../../math/cards/tsne.ts';
