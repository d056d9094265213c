import { expect, it } from 'vitest';
import { styleProperties } from '../../../apps/shell/build/style-properties.ts';

it('makes property bindings of style attributes in templates', () => {
  const text = (dot: string, fixed: string) =>
    `html\`<i class="bar" ${dot}style="width:\${p}%"></i><b\n  ${dot}style=\${place(mean)}></b><u ${fixed}></u>\`; const my_style="a";`;
  expect(styleProperties(text('', 'style="grid-row: 1"'))).toBe(text('.', `.style=\${'grid-row: 1'}`));
});
