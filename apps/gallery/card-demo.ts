import { html } from 'lit';
import { cards as linear } from '../math/cards/linear.ts?math';
import { normals } from './samples.ts';

const x = normals(12, 1);
const W = normals(20, 2);

export const cardDemo = () => html`
  ${linear.map(
    (card) => html`<chalk-math-card
      class="wide"
      .card=${card}
      term="a"
      .tensors=${[
        { name: 'input', term: 'a', symbol: 'a', shape: [3, 4], data: x },
        { name: 'weights', term: 'b', symbol: 'b', shape: [4, 5], data: W },
      ]}
      .verify=${async () => [
        {
          name: 'kernel against reference: y',
          maxError: 2.4e-7,
          tolerance: 1e-5,
          worstIndex: 7,
          shape: [3, 5],
          got: 1.234567,
          expected: 1.2345672,
        },
      ]}
    ></chalk-math-card>`,
  )}
`;
