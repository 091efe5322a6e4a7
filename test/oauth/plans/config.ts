import { afterAll, beforeAll, expect } from '@jest/globals';
import { rawRequest } from '../../http/raw-request.ts';
import { playPlan } from './plan.ts';
import { startProvider } from './provider.ts';
import type { Provider } from './provider.ts';

const ISSUER = 'https://op.example';

let op: Provider;

beforeAll(async () => {
  // Limits are lifted on loopback addresses alone.
  op = await startProvider({ SCANGATE_PUBLIC_URL: ISSUER, SCANGATE_LIMITS: undefined });
});

afterAll(async () => {
  await op?.stop();
});

/** As the proxy that ends TLS in front asks. */
async function read(path: string): Promise<Readonly<Record<string, unknown>>> {
  const [head = '', body = ''] = (
    await rawRequest(op.gateway.url, `GET ${path} HTTP/1.1\r\nHost: op.example\r\nConnection: close\r\n\r\n`)
  ).split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 200 [^]*^content-type: application\/json/im);
  return JSON.parse(body) as Readonly<Record<string, unknown>>;
}

/** Members of RFC 7517 and RFC 7518 that a published key never has. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

playPlan('oidcc-config-certification-test-plan', {
  async 'oidcc-discovery-endpoint-verification'() {
    const metadata = await read('/.well-known/openid-configuration');
    expect(metadata).toMatchObject({
      issuer: ISSUER,
      response_types_supported: expect.arrayContaining(['code', 'id_token']),
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
      grant_types_supported: expect.arrayContaining(['authorization_code', 'implicit']),
      scopes_supported: expect.arrayContaining(['openid', 'profile', 'email', 'phone']),
      code_challenge_methods_supported: ['S256'],
      claims_parameter_supported: true,
      claims_supported: expect.arrayContaining(['sub', 'name', 'email']),
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
      token_endpoint_auth_methods_supported: expect.arrayContaining([
        'client_secret_basic',
        'client_secret_post',
      ]),
    });
    const addresses = Object.entries(metadata).filter(([name]) => /(_endpoint|_uri)$/.test(name));
    expect(addresses.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'authorization_endpoint',
        'token_endpoint',
        'userinfo_endpoint',
        'jwks_uri',
        'end_session_endpoint',
      ]),
    );
    for (const [name, address] of addresses)
      expect([name, String(address).slice(0, ISSUER.length + 1)]).toEqual([name, `${ISSUER}/`]);
    for (const language of metadata['ui_locales_supported'] as readonly string[])
      expect(Intl.getCanonicalLocales(language)).toEqual([language]);
    const { keys } = (await read('/oauth/jwks')) as {
      readonly keys: readonly Readonly<Record<string, unknown>>[];
    };
    expect(keys.map(({ kty }) => kty)).toEqual(expect.arrayContaining(['RSA', 'EC', 'OKP']));
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
    for (const key of keys) {
      expect(key['use']).toBe('sig');
      expect(Object.keys(key).filter((member) => PRIVATE.includes(member))).toEqual([]);
      for (const member of ['n', 'e', 'x', 'y']) if (member in key) expect(key[member]).toMatch(/^[\w-]+$/);
    }
  },
});
