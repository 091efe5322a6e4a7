import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { ScangateError } from '../../ticket/error.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import { staticFile } from '../answer/static-files.ts';
import type { StaticFile } from '../answer/static-files.ts';
import type { ApiDocument } from '../pages/api/api-document.ts';
import { apiPage } from '../pages/api/api-page.ts';
import { STYLE } from '../pages/api/style.ts';
import { fileAnswer } from './assets.ts';

/** What the document is made of. */
interface OpenApiParts {
  readonly openapiFile: string;
  /** The public address, without a slash at its end. */
  readonly issuer: string;
}

/** The committed document's own server: right only where the gateway has an address without a path. */
const COMMITTED_SERVER = '\nservers:\n  - url: /\n';

/**
 * `GET /openapi.yaml`, with the gateway's own address as the server.
 *
 * @param parts `openapiFile` is the committed document; without it there is nothing here.
 */
export function openApiRoute({ openapiFile, issuer }: OpenApiParts): Route {
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
      answers: {
        200: { description: 'OpenAPI 3.1.', type: 'application/yaml' },
        304: { description: 'As the entity tag says.' },
      },
    },
    handle: (request) => {
      if (document === undefined && existsSync(openapiFile))
        document = staticFile('application/yaml', Buffer.from(servedBy(issuer, openapiFile)));
      if (document === undefined) throw new ScangateError('not_found');
      return fileAnswer(document, request.headers['if-none-match']);
    },
  });
}

function servedBy(issuer: string, openapiFile: string): string {
  const server = COMMITTED_SERVER.replace('/\n', () => `${JSON.stringify(issuer)}\n`);
  return readFileSync(openapiFile, 'utf8').replace(COMMITTED_SERVER, () => server);
}

/** `GET /docs`: the same for people. */
export function docsPageRoute({ openapiFile }: { readonly openapiFile: string }): Route {
  let page: string | undefined;
  return route({
    method: 'get',
    path: '/docs',
    operation: {
      id: 'getDocs',
      summary: 'The API, readable',
      tags: ['running'],
      answers: { 200: { description: 'A page.', type: 'text/html' } },
    },
    handle: () => {
      if (page === undefined && existsSync(openapiFile))
        page = apiPage(parse(readFileSync(openapiFile, 'utf8')) as ApiDocument);
      if (page === undefined) throw new ScangateError('not_found');
      return { status: 200, type: 'text/html; charset=utf-8', body: page };
    },
  });
}

/** `GET /docs/style.css`: what the page needs. */
export function docsStyleRoute(): Route {
  const file = staticFile('text/css; charset=utf-8', Buffer.from(STYLE));
  return route({
    method: 'get',
    path: '/docs/style.css',
    hidden: true,
    operation: {
      id: 'getDocsStyle',
      summary: 'How the page looks',
      tags: ['running'],
      headers: z.object({ 'if-none-match': z.string().max(1000).optional() }),
      answers: { 200: { description: 'The file.' } },
    },
    handle: (request) => fileAnswer(file, request.headers['if-none-match']),
  });
}
