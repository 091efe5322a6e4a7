import { describe, expect, test } from '@jest/globals';
import { BadClients, readClients } from '../../src/oauth/clients/client-file.ts';
import { weaknessesOf } from '../../src/oauth/clients/client-weaknesses.ts';

const ONE = { client_id: 'shop', redirect_uris: ['https://shop.example/cb'] };

function mistakes(json: string, plainHttp = false): readonly string[] {
  try {
    readClients(json, plainHttp);
  } catch (error) {
    if (error instanceof BadClients) return error.mistakes;
    throw error;
  }
  return [];
}

describe('a file of clients', () => {
  test('is a list, or an object that holds one, and fills in what is silent', () => {
    const { clients } = readClients(JSON.stringify([ONE]), false);
    const [client] = clients;
    expect(client).toEqual({
      client_id: 'shop',
      client_name: 'shop',
      redirect_uris: ['https://shop.example/cb'],
      response_types: ['code'],
      any_secret_method: true,
      require_pushed_authorization_requests: false,
      dpop_bound_access_tokens: false,
      post_logout_redirect_uris: [],
      claims: [],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: ['openid', 'profile', 'offline_access'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: 'RS256',
      policy: {
        shows_scanner: true,
        number_match: false,
        accept: 'doubt',
        verified: false,
        pkce: 'required',
      },
    });
    expect(readClients(JSON.stringify({ clients: [ONE] }), false)).toEqual({
      clients: [client],
      warnings: [],
    });
  });

  test('reads policy in the units of the settings', () => {
    const { clients } = readClients(
      JSON.stringify([
        {
          ...ONE,
          scangate: { pkce: 'optional', number_match: true, session_life: 'P1D', code_life: 'PT5S' },
        },
      ]),
      false,
    );
    const [client] = clients;
    expect(client?.policy).toEqual({
      shows_scanner: true,
      number_match: true,
      accept: 'doubt',
      verified: false,
      pkce: 'optional',
      session_life_ms: 86_400_000,
      code_life_ms: 5000,
    });
  });

  test('a browser that may not see who scanned is never asked about that', () => {
    const row = (scangate: object) =>
      JSON.stringify([{ ...ONE, scangate: { shows_scanner: false, ...scangate } }]);
    for (const more of [{}, { accept: 'never' }])
      expect(readClients(row(more), false).clients[0]?.policy.accept).toBe('never');
    for (const accept of ['doubt', 'new_browser', 'always'])
      expect(mistakes(row({ accept }))).toEqual([
        expect.stringMatching(/^line 1: \[0\]\.scangate\.accept must be never/),
      ]);
    expect(mistakes(row({ accept: 'sometimes' }))).toHaveLength(1);
  });

  test('keys are fetched over https, or from this machine', () => {
    const row = (jwks_uri: string) => JSON.stringify([{ ...ONE, jwks_uri }]);
    for (const address of ['http://shop.example/jwks', 'http://10.0.0.7/jwks'])
      expect(mistakes(row(address))).toEqual(['line 1: [0].jwks_uri must be https']);
    for (const address of ['https://shop.example/jwks', 'http://127.0.0.1:9/jwks', 'http://localhost/jwks'])
      expect(mistakes(row(address))).toEqual([]);
  });

  test('chooses the authentication method by what the client has', () => {
    const secret = 's'.repeat(32);
    const methods = readClients(
      JSON.stringify([
        { ...ONE, client_id: 'a' },
        { ...ONE, client_id: 'b', client_secret: secret },
        { ...ONE, client_id: 'c', jwks_uri: 'https://shop.example/jwks' },
        { ...ONE, client_id: 'd', client_secret: secret, token_endpoint_auth_method: 'client_secret_post' },
      ]),
      false,
    ).clients.map((client) => client.token_endpoint_auth_method);
    expect(methods).toEqual(['none', 'client_secret_basic', 'private_key_jwt', 'client_secret_post']);
  });

  test('names every mistake with its line', () => {
    const json = `[
  { "client_id": "one",
    "redirect_uris": ["https://one.example/cb",
      "https://one.example/cb#fragment"],
    "client_uri": "oops", "metadata_of_others": true },
  { "client_id": "two", "scangate": {
      "session_life": "a month",
      "pkce": "never",
      "qr_perod": "PT10S"
  } }
]`;
    expect(mistakes(json)).toEqual([
      expect.stringMatching(/^line 5: \[0\]\.client_uri Invalid URL/),
      expect.stringMatching(/^line 7: \[1\]\.scangate\.session_life is not an ISO 8601 duration/),
      expect.stringMatching(/^line 8: \[1\]\.scangate\.pkce /),
      expect.stringMatching(/^line 9: \[1\]\.scangate\.qr_perod is no member/),
    ]);
  });

  test('takes what comes of each sign of risk, and names a wrong sign or outcome with its line', () => {
    const risky = (risk: string): string =>
      `[{ "client_id": "one", "redirect_uris": ["https://one.example/cb"],\n"scangate": { "risk": {\n${risk} } } }]`;
    const policy = '"other_country": "match",\n"many_scans": "refuse"';
    expect(readClients(risky(policy), false).clients[0]?.policy.risk).toEqual({
      other_country: 'match',
      many_scans: 'refuse',
    });
    expect(mistakes(risky('"other_country": "match",\n"many_scan": "refuse"'))).toEqual([
      'line 4: [0].scangate.risk.many_scan is no member that a client has',
    ]);
    expect(mistakes(risky('"other_country": "deny"'))).toEqual([
      expect.stringMatching(/^line 3: \[0\]\.scangate\.risk\.other_country .*"allow"\|"match"\|"refuse"/),
    ]);
  });

  test('takes colours that can be read, and logos that may be asked for', () => {
    const looks = (colors: object, logo_uri = 'https://shop.example/logo.png'): readonly string[] =>
      mistakes(JSON.stringify([{ ...ONE, logo_uri, scangate: { colors } }]));
    expect(looks({ light: '#7a1fa2', dark: '#E0B0FF' })).toEqual([]);
    expect(looks({}, 'http://[::1]:8/logo')).toEqual([]);
    expect(looks({ light: '#ffcc00' })[0]).toContain(
      '.colors.light has a contrast of 1.5 with #ffffff, and texts need 4.5',
    );
    expect(looks({ dark: '#7a1fa2' })[0]).toContain('.colors.dark has a contrast of 2.');
    expect(looks({ light: 'red;}' })[0]).toContain('.colors.light is not a colour');
    expect(looks({ hover: '#000000' })[0]).toContain('.colors.hover is no member');
    expect(looks({}, 'http://shop.example/logo.png')[0]).toContain('must be https, or http on this machine');
  });

  test.each<[object, RegExp]>([
    [{ backchannel_logout_uri: 'http://shop.example/out' }, /backchannel_logout_uri must be https/],
    [{ backchannel_logout_uri: 'com.example.app:/out' }, /backchannel_logout_uri must be https/],
    [{ post_logout_redirect_uris: ['http://shop.example/'] }, /post_logout_redirect_uris\[0\] must be https/],
    [{ grant_types: ['implicit'] }, /grant_types has implicit/],
    [{ response_types: ['token'] }, /response_types\[0\] Invalid option/],
    [{ scangate: { endpoint_audiences: true } }, /scangate\.endpoint_audiences is of no use with none/],
    [{ scangate: { access_token_alg: 'none' } }, /scangate\.access_token_alg Invalid option/],
    [{ scangate: { claims: ['sid'] } }, /scangate\.claims\[0\] is no claim about a user/],
    [{ scangate: { resources: ['https://a.example/#b'] } }, /scangate\.resources\[0\] is no absolute/],
    [{ scangate: { origins: ['capacitor://localhost/x'] } }, /scangate\.origins\[0\] is no origin/],
    [{ scangate: { origins: ['*'] } }, /scangate\.origins\[0\] is no origin/],
    [{ scangate: { origins: ['null'] } }, /scangate\.origins\[0\] is no origin/],
    [{ scangate: { origins: ['http://shop.example'] } }, /scangate\.origins\[0\] must be https/],
  ])('refuses %j', (more, why) => {
    expect(mistakes(JSON.stringify([{ ...ONE, ...more }]))).toEqual([expect.stringMatching(why)]);
  });

  test('names contradictions, each with its line', () => {
    const json = `{ "clients": [
      { "client_id": "a",
        "redirect_uris": ["http://a.example/cb"] },
      { "client_id": "b",
        "token_endpoint_auth_method": "client_secret_basic" },
      { "client_id": "a" },
      { "client_id": "c",
        "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [
          { "kty": "OKP", "d": "private" } ] } },
      { "client_id": "d", "token_endpoint_auth_method": "none", "client_secret": "hush-hush-hush-hush" }
    ] }`;
    const found = mistakes(json);
    expect(found).toEqual([
      'line 3: clients[0].redirect_uris[0] must be https',
      'line 5: clients[1].token_endpoint_auth_method needs client_secret',
      'line 6: clients[2].client_id is the id of an earlier client',
      'line 9: clients[3].jwks.keys[0] must be a public key',
      'line 10: clients[4].client_secret is of no use with none: leave it out',
    ]);
    expect(found.join(' ')).not.toContain('hush');
  });

  test('takes endpoints as audiences of assertions with a warning, as one of what weakens', () => {
    const jwks = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }] };
    const json = JSON.stringify([{ ...ONE, jwks, scangate: { endpoint_audiences: true } }], undefined, 1);
    const { clients, warnings } = readClients(json, false);
    expect(warnings).toEqual([expect.stringMatching(/\[0\]\.scangate\.endpoint_audiences is true/)]);
    expect(clients.flatMap(weaknessesOf)).toEqual(['scangate.endpoint_audiences']);
  });

  test('excuses a confidential client from PKCE, with a warning, and a public one never', () => {
    const json = (more: object): string =>
      JSON.stringify([{ ...ONE, ...more, scangate: { pkce: 'none' } }], undefined, 1);
    const { clients, warnings } = readClients(json({ client_secret: 'a%b+hush-hush' }), false);
    expect(clients[0]?.policy.pkce).toBe('none');
    expect(warnings).toEqual([
      expect.stringMatching(/^line 7: \[0\]\.client_secret has a \+ or %/),
      expect.stringMatching(/^line 9: \[0\]\.scangate\.pkce is none/),
    ]);
    expect(warnings.join(' ')).not.toContain('hush');
    expect(mistakes(json({}))).toEqual([
      expect.stringMatching(/^line 8: \[0\]\.scangate\.pkce must not be none for a public client/),
    ]);
  });

  test('refuses members that promise what there is not, and warns of those that change nothing', () => {
    const json = (more: object): string => JSON.stringify([{ ...ONE, ...more }], undefined, 1);
    const { warnings } = readClients(json({ frontchannel_logout_uri: 'https://a.example', x: 1 }), false);
    expect(warnings).toEqual(['line 7: [0].frontchannel_logout_uri is not supported: it changes nothing']);
    for (const [member, value, why] of [
      ['subject_type', 'pairwise', 'is not supported but as public'],
      ['id_token_encrypted_response_alg', 'RSA-OAEP', 'is not supported'],
    ] as const)
      expect(mistakes(json({ [member]: value }))).toEqual([`line 7: [0].${member} ${why}`]);
    expect(mistakes(json({ subject_type: 'public', dpop_bound_access_tokens: false }))).toEqual([]);
  });

  test.each([
    ['http://a.example/cb', 'must be https'],
    ['https://user@a.example/cb', 'must not name a user'],
    ['https://a.example/*', 'wildcards'],
    ['https://a.example/cb#', 'fragment'],
    ['/cb', 'absolute'],
    ['javascript:alert(1)', 'must be https'],
    ['data:text/html,x', 'must be https'],
    ['https:\\\\a.example', 'backslashes'],
  ])('refuses to redirect to %s', (uri, why) => {
    expect(mistakes(JSON.stringify([{ ...ONE, redirect_uris: [uri] }]))[0]).toContain(why);
  });

  test.each(['http://localhost:3000/cb', 'http://127.0.0.1/cb', 'http://[::1]:8/cb', 'com.example.app:/cb'])(
    'lets a redirect go to %s',
    (uri) => {
      expect(mistakes(JSON.stringify([{ ...ONE, redirect_uris: [uri] }]))).toEqual([]);
    },
  );

  test('lets a gateway on plain http redirect to plain http', () => {
    expect(mistakes(JSON.stringify([{ ...ONE, redirect_uris: ['http://a.example/cb'] }]), true)).toEqual([]);
  });

  test.each([
    ['', 1],
    ['[\n{', 2],
    ['[\n\n{"client_secret": "hush",}]', 3],
    ['[\n{"a": 1}\n{"b": 2}]', 3],
    ['[]\nhush', 2],
    ['[{"a":\nhush}]', 2],
    ['[{"a":1,\n"a":2}]', 2],
    ['['.repeat(50), 1],
  ])('names the line where %j is not JSON, and quotes nothing', (json, line) => {
    const [mistake] = mistakes(json);
    expect(mistake).toMatch(new RegExp(`^line ${line}: `));
    expect(mistake).not.toContain('hush');
  });

  test('an object of the wrong kind is a mistake, not a crash', () => {
    for (const json of ['null', '3', '{}', '[1]', '{"clients": {}}', '[{"__proto__": {"client_id": "x"}}]'])
      expect(mistakes(json).length).toBeGreaterThan(0);
  });
});
