import { buildNetwork, imageData, init, loadDataset, mnistCnn, Trainer } from './engine/index.ts';
import { folderSource } from './engine/data/source-node.ts';

await init();
const source = folderSource('data/packs');
const data = imageData(await loadDataset('mnist', { source, split: 'train', count: 2000 }));
const validation = imageData(await loadDataset('mnist', { source, split: 'test', count: 1000 }));
const network = buildNetwork(mnistCnn(), { inputShape: [28, 28, 1], rng: 1 });
const trainer = new Trainer({
  network,
  data,
  validation,
  loss: 'crossEntropy',
  optimiser: { type: 'adam', lr: 1e-3 },
  epochs: 1,
});
for await (const event of trainer.run()) {
  if (event.type === 'epoch') console.log(`loss ${event.loss}, test accuracy ${event.validation?.accuracy}`);
}
