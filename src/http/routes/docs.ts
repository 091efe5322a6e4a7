import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ScangateError } from '../../ticket/error.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { readStaticFiles, staticFile } from '../answer/static-files.ts';
import type { StaticFile } from '../answer/static-files.ts';
import { fileAnswer } from './assets.ts';

const TAKEN = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Scangate: the API</title>
    <link rel="icon" href="/docs/favicon-32x32.png" type="image/png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

// The class is Swagger UI's own name for its dark colours.
const FOLLOW_SYSTEM = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
`;

// Without validatorUrl: null it would show a badge fetched from elsewhere.
const START = `${FOLLOW_SYSTEM}SwaggerUIBundle({
  url: 'openapi.yaml',
  dom_id: '#swagger-ui',
  validatorUrl: null,
  deepLinking: true,
  docExpansion: 'list',
});
`;

/** `GET /openapi.yaml`. @param openapiFile the committed document; without it there is nothing here. */
export function openApiRoute({ openapiFile }: { readonly openapiFile: string }): Route {
  let document: StaticFile | undefined;
  return route({
    method: 'get',
    path: '/openapi.yaml',
    crossOrigin: true,
    operation: {
      id: 'getOpenApi',
      summary: 'This document',
      tags: ['running'],
      headers: z.object({ 'if-none-match': z.string().max(1000).optional() }),
      answers: { 200: { description: 'OpenAPI 3.1.', type: 'application/yaml' } },
    },
    handle: (request) => {
      if (document === undefined && existsSync(openapiFile))
        document = staticFile('application/yaml', readFileSync(openapiFile));
      if (document === undefined) throw new ScangateError('not_found');
      return fileAnswer(document, request.headers['if-none-match']);
    },
  });
}

/** `GET /docs`. */
export function docsPageRoute(): Route {
  return route({
    method: 'get',
    path: '/docs',
    operation: {
      id: 'getDocs',
      summary: 'The API, readable',
      tags: ['running'],
      answers: { 200: { description: 'A page.', type: 'text/html' } },
    },
    handle: () => ({ status: 200, type: 'text/html; charset=utf-8', body: PAGE }),
  });
}

/** `GET /docs/{file}`: what the page needs. */
export function docsFileRoute(): Route {
  let files: Map<string, StaticFile> | undefined;
  return route({
    method: 'get',
    path: '/docs/:file',
    hidden: true,
    operation: {
      id: 'getDocsFile',
      summary: 'What the page needs',
      tags: ['running'],
      params: z.object({ file: z.string() }),
      headers: z.object({ 'if-none-match': z.string().max(1000).optional() }),
      answers: { 200: { description: 'The file.' } },
    },
    handle: (request) => {
      files ??= readDocs();
      const file = files.get(request.params.file);
      if (file === undefined) throw new ScangateError('not_found');
      return fileAnswer(file, request.headers['if-none-match']);
    },
  });
}

function readDocs(): Map<string, StaticFile> {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const files = readStaticFiles(folder, (path) => TAKEN.includes(path));
  files.set('start.js', staticFile('text/javascript; charset=utf-8', Buffer.from(START)));
  return files;
}
