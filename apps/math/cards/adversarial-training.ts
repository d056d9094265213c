import type { MathCard } from '../card.ts';

export const adversarialTraining: MathCard = {
  id: 'adversarial-training',
  title: 'Adversarial training',
  why: 'The network learns from the pictures that fool it at that very moment, which is what makes it withstand attacks.',
  tex: [
    "\\min_\\theta\\ \\mathbb E_{(\\term{x}{x}, \\term{y}{y})} \\Big[ \\term{attack}{\\max_{\\lVert x' - x \\rVert_\\infty \\le \\term{epsilon}{\\varepsilon}}} L_\\theta(x', \\term{y}{y}) \\Big]",
  ],
  reference: { text: 'Madry et al. 2018, eq. 1', url: 'https://arxiv.org/abs/1706.06083' },
  terms: [
    { id: 'x', label: 'images', symbol: 'x', description: 'A batch of the training set.', code: 'inputs' },
    { id: 'y', label: 'classes', symbol: 'y', description: 'Of these images; they stay.', code: 'targets' },
    {
      id: 'attack',
      label: 'attack',
      symbol: 'max',
      description: 'Projected gradient descent against the network as it is at this step.',
      code: ['pgd', 'attacked'],
    },
    { id: 'epsilon', label: 'size', symbol: 'ε', description: 'Half the side of the box that it stays in.', code: 'epsilon' },
  ],
  typescript: [{ file: 'engine/explain/adversarial-training.ts', parts: ['adversarialTransform'] }],
};

export const cards = [adversarialTraining];
