import { escapeHtml } from '../template.ts';
import { nameOf } from './api-document.ts';
import type { ApiContent, ApiDocument, ApiOperation, ApiParameter, ApiResponse } from './api-document.ts';
import { schemaText } from './schema-text.ts';

/**
 * The page that shows an OpenAPI document to people: each operation with what it takes and answers, then the shapes that
 * several share. It needs no script.
 */
export function apiPage(document: ApiDocument): string {
  const { info, tags = [], components = {} } = document;
  const sections = tags.map((tag) => sectionOf(document, tag.name, tag.description ?? ''));
  const schemas = Object.entries(components.schemas ?? {});
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${escapeHtml(info.title)}: the API</title>
    <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/docs/style.css" />
  </head>
  <body>
    <h1>${escapeHtml(info.title)} <small>${escapeHtml(info.version)}</small></h1>
    <p>${prose(info.description)}</p>
    <p><a href="/openapi.yaml">openapi.yaml</a> says the same for machines.</p>
    <nav>${[...tags.map(({ name }) => name), 'shapes'].map((name) => `<a href="#${name}">${name}</a>`).join(' ')}</nav>
${sections.join('\n')}
    <h2 id="shapes">shapes</h2>
${schemas.map(([name, schema]) => details(`shape-${name}`, `<code>${escapeHtml(name)}</code>`, code(schemaText(schema)))).join('\n')}
  </body>
</html>
`;
}

function sectionOf(document: ApiDocument, tag: string, description: string): string {
  const rows = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, operation]) => operation.tags?.includes(tag))
      .map(([method, operation]) => operationOf(document, path, method, operation)),
  );
  return `    <h2 id="${escapeHtml(tag)}">${escapeHtml(tag)}</h2>
    <p>${prose(description)}</p>
${rows.join('\n')}`;
}

function operationOf(document: ApiDocument, path: string, method: string, operation: ApiOperation): string {
  const { operationId, summary, description, requestBody, responses } = operation;
  const title =
    `<b class="${method}">${method.toUpperCase()}</b> <code>${escapeHtml(path)}</code> ` +
    `<span>${escapeHtml(summary ?? '')}</span>`;
  return details(
    operationId,
    title,
    [
      `<p>${prose(description)}</p>`,
      proofsOf(document, operation),
      parametersOf(document, operation),
      requestBody === undefined ? '' : `<h3>body</h3>${contentOf(requestBody.content)}`,
      '<h3>answers</h3>',
      ...Object.entries(responses).map(answerOf),
    ].join('\n'),
  );
}

function proofsOf({ components }: ApiDocument, { security = [] }: ApiOperation): string {
  const names = security.flatMap((scheme) => Object.keys(scheme));
  if (names.length === 0) return '';
  const rows = names.map((name) => row(name, components?.securitySchemes?.[name]?.description));
  return `<h3>with one of</h3><dl>${rows.join('')}</dl>`;
}

function parametersOf({ components }: ApiDocument, { parameters = [] }: ApiOperation): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map((given) => {
    const found = '$ref' in given ? components?.parameters?.[nameOf(given)] : given;
    return found === undefined ? '' : parameterOf(found);
  });
  return `<h3>parameters</h3><dl>${rows.join('')}</dl>`;
}

function parameterOf({ name, in: place, required, schema, description }: ApiParameter): string {
  const type = schema === undefined ? '' : `: ${schemaText(schema)}`;
  return row(`${name}${required === true ? '' : '?'}${type}`, `in the ${place}. ${description ?? ''}`);
}

function answerOf([status, { description, headers = {}, content = {} }]: readonly [
  string,
  ApiResponse,
]): string {
  const rows = Object.entries(headers).map(([name, header]) => row(name, header.description));
  const heads = rows.length === 0 ? '' : `<dl>${rows.join('')}</dl>`;
  return `<p><b>${status}</b> ${prose(description)}</p>${heads}${contentOf(content)}`;
}

function contentOf(content: ApiContent): string {
  return Object.entries(content)
    .map(
      ([type, { schema }]) =>
        `<p class="type">${escapeHtml(type)}</p>${schema ? code(schemaText(schema)) : ''}`,
    )
    .join('');
}

function details(id: string, title: string, body: string): string {
  return `    <details id="${escapeHtml(id)}"><summary>${title}</summary>${body}</details>`;
}

function row(term: string, text: string | undefined): string {
  return `<dt><code>${escapeHtml(term)}</code></dt><dd>${prose(text)}</dd>`;
}

function code(text: string): string {
  return `<pre>${escapeHtml(text)}</pre>`;
}

/** Escaped, with what stands between backticks as code. */
function prose(text = ''): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
