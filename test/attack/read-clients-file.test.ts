import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { clientAuthentication } from '../../src/oauth/clients/client-auth.ts';
import { BadClients, readClients } from '../../src/oauth/clients/client-file.ts';

const SECRET = randomBytes(32).toString('base64url');
const digest = (secret: string, encoding: 'base64url' | 'hex' = 'base64url'): string =>
  createHash('sha256').update(secret).digest(encoding);

function registered(more: object) {
  const row = { client_id: 'shop', redirect_uris: ['https://shop.example/cb'], ...more };
  const { clients } = readClients(JSON.stringify([row]), false);
  const registry = {
    find: (id: string) => clients.find((client) => client.client_id === id),
    learn: () => Promise.resolve(),
    isClientOrigin: () => false,
  };
  return clientAuthentication(registry, () => Promise.reject(new Error('no assertion here')));
}

test.each(['base64url', 'hex'] as const)(
  'attack: who reads a clients file with a hash in %s cannot call as the client',
  async (encoding) => {
    const hash = digest(SECRET, encoding);
    const authenticate = registered({ client_secret_sha256: hash });
    const by = (secret: string) =>
      authenticate({ authorization: undefined, form: { client_id: 'shop', client_secret: secret } });
    expect((await by(SECRET)).client_id).toBe('shop');
    for (const wrong of [hash, digest(SECRET, 'hex'), '', `${SECRET}x`])
      await expect(by(wrong)).rejects.toMatchObject({ error: 'invalid_client' });
    const basic = `Basic ${Buffer.from(`shop:${SECRET}`).toString('base64')}`;
    expect((await authenticate({ authorization: basic, form: {} })).client_id).toBe('shop');
  },
);

test.each<readonly [string, object]>([
  ['of a word', { client_secret_sha256: digest('secret') }],
  ['of nothing', { client_secret_sha256: digest('') }],
  ['of its own name', { client_secret_sha256: digest('shop') }],
  ['that is none', { client_secret_sha256: 'short' }],
  ['beside the secret', { client_secret_sha256: digest(SECRET), client_secret: SECRET }],
  ['of no use', { client_secret_sha256: digest(SECRET), token_endpoint_auth_method: 'none' }],
])('attack: a hash %s is refused', (_what, more) => {
  expect(() => registered(more)).toThrow(BadClients);
});
