/** What a template is filled with. A section shows for a text that is not empty and for true. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;

/** A page's text with holes. */
export interface Template {
  /** @throws Error for a hole that no value names: a defect of the page or its route. */
  write(values: Values): string;
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly name: string; readonly raw: boolean }
  | { readonly kind: 'section'; readonly name: string; readonly shows: boolean; readonly nodes: Node[] };

const TAG = /\{\{\{\s*([\w.-]+)\s*\}\}\}|\{\{\s*([#^/]?)\s*([\w.-]+)\s*\}\}/g;

/**
 * Reads a template: `{{name}}` escaped, `{{{name}}}` as it is, `{{#name}}…{{/name}}` where it holds, `{{^name}}…{{/name}}`
 * where it does not.
 *
 * @throws Error for a section that is not closed in order.
 */
export function readTemplate(source: string): Template {
  const root: Node[] = [];
  const open: { readonly name: string; readonly nodes: Node[] }[] = [{ name: '', nodes: root }];
  let at = 0;
  for (const match of source.matchAll(TAG)) {
    const [tag, rawName, sign = '', name = ''] = match;
    const nodes = open.at(-1)?.nodes ?? root;
    if (match.index > at) nodes.push({ kind: 'text', text: source.slice(at, match.index) });
    at = match.index + tag.length;
    if (rawName !== undefined) nodes.push({ kind: 'value', name: rawName, raw: true });
    else if (sign === '') nodes.push({ kind: 'value', name, raw: false });
    else if (sign === '/') {
      if (open.pop()?.name !== name) throw new Error(`{{/${name}}} closes nothing`);
    } else {
      const section: Node = { kind: 'section', name, shows: sign === '#', nodes: [] };
      nodes.push(section);
      open.push({ name, nodes: section.nodes });
    }
  }
  if (open.length !== 1) throw new Error(`{{#${open.at(-1)?.name}}} is not closed`);
  root.push({ kind: 'text', text: source.slice(at) });
  return { write: (values) => write(root, values) };
}

function write(nodes: readonly Node[], values: Values): string {
  let out = '';
  for (const node of nodes) {
    if (node.kind === 'text') out += node.text;
    else if (node.kind === 'section')
      out += holds(values, node.name) === node.shows ? write(node.nodes, values) : '';
    else out += node.raw ? textOf(values, node.name) : escapeHtml(textOf(values, node.name));
  }
  return out;
}

function valueOf(values: Values, name: string): string | boolean | undefined {
  if (!Object.hasOwn(values, name)) throw new Error(`nothing fills {{${name}}}`);
  return values[name];
}

function holds(values: Values, name: string): boolean {
  const value = valueOf(values, name);
  return value === true || (typeof value === 'string' && value !== '');
}

function textOf(values: Values, name: string): string {
  const value = valueOf(values, name);
  return typeof value === 'string' ? value : '';
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text that is only text wherever it stands in HTML, in attribute values with quotes too. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ESCAPES[char] ?? '');
}
