import { z } from 'zod';
import type { RecordKeyJwk } from '../../record/chain/signed-head.ts';
import { route } from '../request/route.ts';
import type { Route } from '../request/route.ts';

export interface RecordKeysRouteParts {
  /** Every key that the record may be signed by, those that sign no longer included. */
  readonly recordKeys: () => Promise<readonly RecordKeyJwk[]>;
}

const keySet = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid: z.string(),
        alg: z.literal('EdDSA'),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({ id: 'RecordKeys' });

/** `GET /.well-known/scangate-record-keys`. */
export function recordKeysRoute({ recordKeys }: RecordKeysRouteParts): Route {
  return route({
    method: 'get',
    path: '/.well-known/scangate-record-keys',
    crossOrigin: true,
    operation: {
      id: 'getRecordKeys',
      summary: 'The keys that the record is signed by',
      description: 'A JWK Set (RFC 7517). A key stays as long as something in the record is signed by it.',
      tags: ['running'],
      answers: { 200: { description: 'Public keys.', schema: keySet } },
      refusals: ['store_unavailable'],
    },
    handle: async () => ({
      status: 200,
      headers: { 'Cache-Control': 'public, max-age=300' },
      body: { keys: await recordKeys() },
    }),
  });
}
