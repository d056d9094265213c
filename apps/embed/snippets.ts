/** The code with which a teacher puts a lab on another page: link, frame, element and widget, each with the policy that its page needs. */

import { escaped } from '../components/shared/escape.ts';
import type { AnyDefinition } from '../runtime/experiment.ts';
import { type Config, defaultPreset, type TeacherKeys, writeLink } from '../runtime/link.ts';
import { attributeOf, defaults, type Parameter } from '../runtime/schema.ts';
import { sameValue, writeValue } from '../runtime/values.ts';

/** The lab as it shall open. */
export interface Placed {
  readonly definition: AnyDefinition;
  readonly preset: string;
  readonly config: Config;
  readonly teacher: Omit<TeacherKeys, 'embed'>;
  /** Address of the site, with a slash at its end. */
  readonly site: string;
}

export interface Snippet {
  readonly door: 'link' | 'frame' | 'element' | 'widget';
  readonly name: string;
  /** Where it can be used. */
  readonly use: string;
  readonly code: string;
  /** What the Content-Security-Policy of the page must allow, where it has one; empty: nothing. */
  readonly policy: string;
}

function address({ definition, preset, config, teacher, site }: Placed, embed: boolean): string {
  const hash = writeLink(definition, { preset, config, ...teacher, embed }, { seed: true });
  return `${site}labs/${definition.id}/#${hash}`;
}

/** The parameters that the lab shall not have from its preset, the seed always. */
function differing({ definition, preset, config }: Placed): [key: string, parameter: Parameter][] {
  const base = defaults(definition.schema, definition.presets[preset]?.values ?? {});
  return (Object.entries(definition.schema) as [string, Parameter][]).filter(
    ([key, parameter]) => key === 'seed' || !sameValue(parameter, config[key], base[key as never]),
  );
}

function attributes(placed: Placed): string {
  const { preset, config, teacher } = placed;
  const values: [string, string][] = [
    ...(preset === defaultPreset ? [] : [['preset', preset] as [string, string]]),
    ...differing(placed).map(([key, p]): [string, string] => [attributeOf(key), writeValue(p, config[key])]),
    ...(['hide', 'lock'] as const).flatMap((name): [string, string][] =>
      teacher[name].length > 0 ? [[name, teacher[name].join(',')]] : [],
    ),
  ];
  const all = values.map(([name, value]) => ` ${name}="${escaped(value)}"`).join('');
  return teacher.autostart ? `${all} autostart` : all;
}

function frame(placed: Placed): Snippet {
  const { definition, site } = placed;
  return {
    door: 'frame',
    name: 'Frame',
    use: 'Learning platforms and every page that takes an iframe. The script gives it the height of the lab; a platform that strips scripts keeps the 720 pixels, unless it listens to lti.frameResize.',
    code: `<iframe src="${escaped(address(placed, true))}" title="${escaped(definition.title)}"
  width="100%" height="720" loading="lazy" allow="clipboard-write; cross-origin-isolated"></iframe>
<script>
  addEventListener('message', ({ data, source }) => {
    if (data?.type !== 'chalkgrad.height') return;
    for (const frame of document.querySelectorAll('iframe')) if (frame.contentWindow === source) frame.height = data.height;
  });
</script>`,
    policy: `frame-src ${new URL(site).origin}`,
  };
}

/** A page of the same origin names it `'self'`. */
const policyOf = (site: string): string => {
  const { origin } = new URL(site);
  return `script-src ${origin} 'wasm-unsafe-eval'; connect-src ${origin}; worker-src ${origin} blob:`;
};

function element(placed: Placed): Snippet {
  const { definition, site } = placed;
  const { id } = definition;
  return {
    door: 'element',
    name: 'Element',
    use: 'Plain pages, Quarto, Observable Framework: pages that may load a script. Several labs on one page share device and worker.',
    code: `<script type="module" src="${site}embed/${id}.js"></script>
<chalk-lab-${id}${attributes(placed)}>
  <a href="${escaped(address(placed, false))}">${escaped(definition.title)}</a>
</chalk-lab-${id}>`,
    policy: policyOf(site),
  };
}

function widget(placed: Placed): Snippet {
  const { definition, config, site } = placed;
  const name = definition.id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  const traits = Object.fromEntries(differing(placed).map(([key]) => [key, config[key]]));
  return {
    door: 'widget',
    name: 'Notebook',
    use: 'Jupyter, Colab, marimo, MyST, with anywidget. `config` and `state` come back from the run, `result` at its end.',
    code: `import anywidget, json, traitlets

class ${name}(anywidget.AnyWidget):
    _esm = "${site}embed/${definition.id}.js"
    config = traitlets.Dict().tag(sync=True)
    state = traitlets.Unicode("").tag(sync=True)
    result = traitlets.Any(None, allow_none=True).tag(sync=True)

lab = ${name}(config=json.loads(${JSON.stringify(JSON.stringify(traits))}))
lab`,
    policy: policyOf(site),
  };
}

/** The four doors. */
export function snippets(placed: Placed): readonly Snippet[] {
  const link: Snippet = {
    door: 'link',
    name: 'Link',
    use: 'The whole lab on its own page.',
    code: address(placed, false),
    policy: '',
  };
  return [link, frame(placed), element(placed), widget(placed)];
}
