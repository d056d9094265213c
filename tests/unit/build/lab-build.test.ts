/** What the build makes of a lab's own files. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot as root } from '../../../apps/cli/root.ts';
import { labFolders } from '../../../apps/shell/build/lab-folders.ts';
import { className, labModules, workerModule } from '../../../apps/shell/build/lab-modules.ts';
import { labPage } from '../../../apps/shell/build/lab-page.ts';
import { repositoryOf } from '../../../apps/shell/build/lab-plugin.ts';

const text = (file: string) =>
  labModules[file]?.({ id: 'regression', folder: join(root, 'apps/labs/regression'), root, worker: 'ADDRESS' }) ?? '';

it('finds the labs by their schema', () => {
  const found = labFolders(root);
  expect([...found.keys()]).toEqual(expect.arrayContaining(['classify', 'denoise', 'failure-modes', 'regression', 'tsne']));
  expect(found.get('tsne')).toBe(join(root, 'apps/labs/tsne'));
});

it('writes a page that paints before any script, with the words of the schema, escaped', () => {
  const page = labPage({ id: 'a-lab', title: 'Less < more', question: 'Is it "so"?' });
  expect(page).toContain('<chalk-lab-a-lab page>');
  expect(page).toContain('<h1>Less &lt; more</h1>');
  expect(page).toContain('content="Is it &quot;so&quot;?"');
  expect(page).toContain('src="./element.ts"');
});

it('links findings, source, licence, glossary and the next lab, and the repository where the package names one', () => {
  const words = { id: 'a', title: 'A', question: 'A?', next: { id: 'b', title: 'B' }, findings: true };
  const linksOf = (page: string) =>
    [...page.matchAll(/<nav aria-label="This lab"[\s\S]*?<\/nav>/g)].join('').match(/href="[^"]+"/g);
  const links = ['findings.txt', 'source.txt', 'licences/chalkgrad.txt', 'glossary/index.html', '../b/index.html'];
  const found = linksOf(labPage(words))?.join(' ') ?? '';
  for (const link of links) expect(found).toContain(link);
  expect(found).not.toContain('https:');
  const repository = repositoryOf('{"repository": {"url": "git+https://example.org/a.git"}}');
  expect(linksOf(labPage({ ...words, repository }))).toContain('href="https://example.org/a"');
  expect([repositoryOf('{}'), repositoryOf('{"repository": "github:a/b"}')]).toEqual([undefined, undefined]);
});

it('joins view, words, cards, worker and recording to an element, and that to a module for other pages', () => {
  const element = text('element.ts');
  const parts = ['./view.ts', './schema.ts', './prose.ts', './cards.ts?math', './recording.json?url', 'const address = ADDRESS'];
  for (const part of parts) expect(element).toContain(part);
  expect(text('embed.ts')).toContain("widget('chalk-lab-regression')");
  expect(className('failure-modes')).toBe('FailureModesLab');
});

it('names the two files of a split recording instead', () => {
  const sources = { id: 'regression', folder: join(root, 'apps/labs/regression'), root, worker: 'ADDRESS' };
  const element = labModules['element.ts']?.({ ...sources, recording: { story: 'STORY', pictures: 'PICTURES' } });
  expect(element).toContain('recording: STORY,');
  expect(element).toContain('pictures: PICTURES');
  expect(element).not.toContain('recording.json');
});

it('makes one worker that loads the experiment of each lab', () => {
  const worker = workerModule(root, labFolders(root));
  for (const id of labFolders(root).keys())
    expect(worker).toMatch(new RegExp(`"${id}": \\(\\) => import\\(".*/${id}/experiment.ts"\\)`));
});
