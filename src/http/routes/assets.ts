import { z } from 'zod';
import { ScangateError } from '../../ticket/error.ts';
import type { Answer } from '../answer/answer.ts';
import { matchesEtag } from '../answer/etag.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';
import type { StaticFile } from '../answer/static-files.ts';

const wildcard = z.object({ path: z.array(z.string()) });
const conditional = z.object({ 'if-none-match': z.string().max(1000).optional() });

/** A page of any site may load and read the client: as a module, under COEP, and to find out why nothing else works. */
const FOR_ANYONE = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };

/** Answers with a file, or with 304 where the browser has it. */
export function fileAnswer(file: StaticFile, ifNoneMatch: string | undefined): Answer {
  const headers = { ETag: file.etag, 'Cache-Control': 'public, max-age=300' };
  if (matchesEtag(ifNoneMatch, file.etag)) return { status: 304, headers };
  return { status: 200, headers, type: file.type, body: file.bytes };
}

/** `GET /assets/…`: what the pages need, and the client that other sites embed. */
export function assetRoute({ assets }: { readonly assets: ReadonlyMap<string, StaticFile> }): Route {
  return route({
    method: 'get',
    path: '/assets/*path',
    crossOrigin: true,
    hidden: true,
    operation: {
      id: 'getAsset',
      summary: 'Scripts, styles and images',
      tags: ['running'],
      params: wildcard,
      headers: conditional,
      answers: { 200: { description: 'The file.' } },
    },
    handle: (request) => {
      const path = request.params.path.join('/');
      const file = assets.get(path);
      if (file === undefined) throw new ScangateError('not_found');
      const answer = fileAnswer(file, request.headers['if-none-match']);
      if (!path.startsWith('client.')) return answer;
      return { ...answer, headers: { ...answer.headers, ...FOR_ANYONE } };
    },
  });
}
