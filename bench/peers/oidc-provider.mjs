/**
 * oidc-provider with Redis, its device flow with RS256. Its pages are left out, a gift to it: `POST /approve` does what they
 * lead to, a grant saved and the code given to its user.
 */
import { generateKeyPairSync } from 'node:crypto';
import { Redis } from 'ioredis';
import { Provider } from 'oidc-provider';
import { adapterOf } from './oidc-redis.mjs';
import { servePeer } from './left-out-pages.mjs';

const [port, url] = process.argv.slice(2);
const redis = new Redis(url, { enableAutoPipelining: true, keyPrefix: 'oidc:' });
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const provider = new Provider(`http://localhost:${port}`, {
  adapter: adapterOf(redis),
  clients: [
    {
      client_id: 'demo',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'bench' }] },
  cookies: { keys: ['bench'] },
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: false } },
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
});
provider.on('server_error', (_context, error) => console.error(error));

servePeer(port, provider.callback(), approve);

async function approve(userCode) {
  const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''));
  const grant = new provider.Grant({ accountId: 'bench', clientId: 'demo' });
  grant.addOIDCScope('openid');
  code.grantId = await grant.save();
  code.accountId = 'bench';
  code.scope = 'openid';
  code.authTime = Math.floor(Date.now() / 1000);
  code.amr = ['swk'];
  code.acr = '0';
  await code.save();
}
