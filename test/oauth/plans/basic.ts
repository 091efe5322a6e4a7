import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { readClients } from '../../../src/oauth/clients/client-file.ts';
import { call, expectStatus } from '../../support/call.ts';
import { s256 } from '../../support/signin.ts';
import { approve, openPage } from '../sign-in-page.ts';
import { errorOf, makeWorld, redeeming } from '../world.ts';
import { playPlan } from './plan.ts';
import type { PlanCase } from './plan.ts';
import { CALLBACK, PERSON, startProvider } from './provider.ts';
import type { Provider } from './provider.ts';
import { expectPage, relyingParty, sentBack } from './relying-party.ts';
import type { Asked, RelyingParty, SignedIn } from './relying-party.ts';

let op: Provider;
let rp: RelyingParty;

beforeAll(async () => {
  op = await startProvider();
  rp = relyingParty(op.gateway.url, 'first');
});

afterAll(async () => {
  await op?.stop();
});

const signIn = async (more?: Asked): Promise<SignedIn> => await rp.signIn(await op.phone('ada'), more);

const NO_BROWSER_SESSION =
  'no browser is signed in at the gateway; each sign-in is confirmed on the phone, so `prompt=none` is `login_required`';
const NO_ADDRESS = 'no source of phones says where a user lives; `scopes_supported` has no `address`';

/** What a parameter may ask for without a sign-in failing: the user signs in as without it. */
const isTaken = (more: Asked) => async (): Promise<void> => {
  expect((await signIn(more)).idToken.sub).toBe('ada');
};

/** A scope brings its claims to userinfo. */
const brings = (scope: string, claims: object) => async (): Promise<void> => {
  const { tokens } = await signIn({ scope });
  expect(await rp.userInfo(tokens)).toEqual({ sub: 'ada', ...claims });
};

const { email, email_verified, phone_number, picture, locale } = PERSON;
const PROFILE = { name: 'ada', picture, locale };
const ALL = { ...PROFILE, email, email_verified, phone_number };

/** A second sign-in of the same user, for which the phone's sign-in of a minute ago is too old. */
const signsInAnew = (more: Asked) => async (): Promise<void> => {
  const before = await rp.signIn(await op.phone('ada', 60), { max_age: '10000' });
  const old = rp.signIn(await op.phone('ada', 60), more);
  await expect(old).rejects.toThrow('insufficient_user_authentication');
  const after = await signIn(more);
  expect(after.idToken.sub).toBe(before.idToken.sub);
  expect(after.idToken['auth_time']).toBeGreaterThan(Number(before.idToken['auth_time']));
};

const isRefusedSilently = async (more: Asked): Promise<void> => {
  const asked = rp.ask({ ...more, prompt: 'none' });
  expect(sentBack(await rp.send(asked))).toMatchObject({ error: 'login_required', state: asked['state'] });
};

/** The user is asked nothing, and nobody is sent to an address that is not registered. */
const isAnErrorPage = (more: Asked) => async (): Promise<void> =>
  expectPage(await rp.send(rp.ask(more)), 400);

async function expectCodeUsed({ code, asked }: SignedIn): Promise<void> {
  const again = await rp.token({
    grant_type: 'authorization_code',
    code,
    redirect_uri: asked['redirect_uri'],
  });
  expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
}

const answersAndTokens: Readonly<Record<string, PlanCase>> = {
  async 'oidcc-server'() {
    const { tokens, idToken } = await signIn();
    expect(Object.keys(tokens)).not.toContain('refresh_token');
    expect(await rp.userInfo(tokens)).toEqual({ sub: idToken.sub });
  },
  async 'oidcc-response-type-missing'() {
    const asked = rp.ask({ response_type: undefined });
    const sent = sentBack(await rp.send(asked));
    expect(sent).toMatchObject({ error: 'invalid_request', state: asked['state'] });
  },
  async 'oidcc-idtoken-signature'() {
    const { header } = await signIn();
    expect(header.alg).toBe('RS256');
    const { keys } = expectStatus(
      await call<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>(
        `${op.gateway.url}/oauth/jwks`,
      ),
      200,
    );
    expect(keys.filter(({ kid }) => kid === header.kid)).toMatchObject([{ kty: 'RSA' }]);
  },
  'oidcc-idtoken-unsigned': {
    notOurs: 'every ID token is signed; a client that registers `none` is refused',
    async instead() {
      const row = {
        client_id: 'x',
        redirect_uris: [CALLBACK],
        client_secret: 'a-secret-of-its-own',
        id_token_signed_response_alg: 'none',
      };
      expect(() => readClients(JSON.stringify([row]), true)).toThrow('id_token_signed_response_alg');
      await Promise.resolve();
    },
  },
  async 'oidcc-userinfo-get'() {
    expect(await rp.userInfo((await signIn()).tokens)).toEqual({ sub: 'ada' });
  },
  async 'oidcc-userinfo-post-header'() {
    const { tokens } = await signIn();
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const answer = await call(`${op.gateway.url}/oauth/userinfo`, { method: 'POST', headers });
    expect(expectStatus(answer, 200)).toEqual({ sub: 'ada' });
  },
  async 'oidcc-userinfo-post-body'() {
    const { tokens } = await signIn();
    const form = { access_token: tokens.access_token };
    const answer = await call(`${op.gateway.url}/oauth/userinfo`, { form });
    expect(expectStatus(answer, 200)).toEqual({ sub: 'ada' });
  },
  async 'oidcc-ensure-request-without-nonce-succeeds-for-code-flow'() {
    expect((await signIn({ nonce: undefined })).idToken).not.toHaveProperty('nonce');
  },
  'oidcc-scope-profile': brings('openid profile', PROFILE),
  'oidcc-scope-email': brings('openid email', { email, email_verified }),
  'oidcc-scope-address': { notOurs: NO_ADDRESS, instead: brings('openid address', {}) },
  'oidcc-scope-phone': brings('openid phone', { phone_number }),
  'oidcc-scope-all': { notOurs: NO_ADDRESS, instead: brings('openid profile email phone address', ALL) },
  'oidcc-alternate-happy-flow': brings('phone email openid profile', ALL),
  async 'oidcc-server-client-secret-post'() {
    const post = relyingParty(op.gateway.url, 'post', true);
    const { tokens } = await post.signIn(await op.phone('ada'));
    expect(await post.userInfo(tokens)).toEqual({ sub: 'ada' });
  },
  async 'oidcc-ensure-request-with-valid-pkce-succeeds'() {
    const verifier = 'v'.repeat(43);
    const challenge = { code_challenge: s256(verifier), code_challenge_method: 'S256' };
    const { idToken } = await rp.signIn(await op.phone('ada'), challenge, { code_verifier: verifier });
    expect(idToken.sub).toBe('ada');
  },
};

const parameters: Readonly<Record<string, PlanCase>> = {
  'oidcc-display-page': isTaken({ display: 'page' }),
  'oidcc-display-popup': isTaken({ display: 'popup' }),
  'oidcc-prompt-login': signsInAnew({ prompt: 'login' }),
  'oidcc-prompt-none-not-logged-in': () => isRefusedSilently({}),
  'oidcc-prompt-none-logged-in': {
    notOurs: NO_BROWSER_SESSION,
    async instead() {
      await signIn();
      await isRefusedSilently({});
    },
  },
  'oidcc-max-age-1': signsInAnew({ max_age: '1' }),
  'oidcc-max-age-10000': {
    notOurs: `its second request has prompt=none, and ${NO_BROWSER_SESSION}`,
    async instead() {
      const phone = await op.phone('ada', 60);
      const [before, after] = [await rp.signIn(phone), await rp.signIn(phone, { max_age: '10000' })];
      expect(after.idToken['auth_time']).toBe(before.idToken['auth_time']);
      await isRefusedSilently({ max_age: '10000' });
    },
  },
  'oidcc-ensure-request-with-unknown-parameter-succeeds': isTaken({ extra: 'foobar' }),
  'oidcc-id-token-hint': {
    notOurs: `its second request has prompt=none, and ${NO_BROWSER_SESSION}`,
    async instead() {
      const { tokens } = await signIn();
      await isTaken({ id_token_hint: tokens.id_token })();
      const other = rp.signIn(await op.phone('somebody else'), { id_token_hint: tokens.id_token });
      await expect(other).rejects.toThrow('another user than the one of the id_token_hint');
      await isRefusedSilently({ id_token_hint: tokens.id_token });
    },
  },
  'oidcc-login-hint': isTaken({ login_hint: 'ada@example.com' }),
  async 'oidcc-ui-locales'() {
    await isTaken({ ui_locales: 'se' })();
    const page = await rp.send(rp.ask({ ui_locales: 'se de' }));
    expect(page.text).toContain('<html lang="de">');
  },
  'oidcc-claims-locales': isTaken({ claims_locales: 'se' }),
  'oidcc-ensure-request-with-acr-values-succeeds': isTaken({ acr_values: '1 2' }),
  async 'oidcc-claims-essential'() {
    const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
    const { tokens, idToken } = await signIn({ claims });
    expect(await rp.userInfo(tokens)).toEqual({ sub: 'ada', name: 'ada' });
    expect(idToken).not.toHaveProperty('name');
  },
  async 'oidcc-ensure-post-request-succeeds'() {
    const asked = rp.ask();
    const answer = await call(`${op.gateway.url}/oauth/authorize`, { form: asked });
    expectPage(answer, 200);
    expect(answer.text).toContain(`data-state="${asked['state']}"`);
  },
  async 'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported'() {
    const asked = rp.ask({ request_uri: 'https://rp.example/request.jwt' });
    const sent = sentBack(await rp.send(asked));
    expect(sent).toMatchObject({ error: 'request_uri_not_supported', state: asked['state'] });
  },
  async 'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported'() {
    const asked = rp.ask({ request: unsigned({ ...rp.ask() }) });
    const sent = sentBack(await rp.send(asked));
    expect(sent).toMatchObject({ error: 'request_not_supported', state: asked['state'] });
  },
};

function unsigned(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}

const codesAndRefreshing: Readonly<Record<string, PlanCase>> = {
  async 'oidcc-codereuse'() {
    const signedIn = await signIn();
    await expectCodeUsed(signedIn);
  },
  async 'oidcc-codereuse-30seconds'() {
    const world = await makeWorld();
    try {
      const code = await world.code();
      const { access_token: token } = await world.server.token(redeeming(code));
      const userInfo = (): Promise<string> =>
        errorOf(world.server.userInfo({ token, scheme: 'Bearer', proof: undefined }, 'GET'));
      expect(await userInfo()).toBe('none');
      world.pass(30_000);
      expect(await errorOf(world.server.token(redeeming(code)))).toBe('invalid_grant');
      expect(await userInfo()).toBe('invalid_token');
    } finally {
      await world.close();
    }
  },
  async 'oidcc-refresh-token'() {
    const before = await signIn({ scope: 'openid offline_access', prompt: 'consent' });
    const form = { grant_type: 'refresh_token', refresh_token: before.tokens.refresh_token };
    const other = await relyingParty(op.gateway.url, 'second').token(form);
    expect([other.status, other.body.error]).toEqual([400, 'invalid_grant']);
    await sleep(1001);
    const after = expectStatus(await rp.token(form), 200);
    expect(decodeProtectedHeader(after.id_token ?? '').alg).toBe('RS256');
    const { iss, sub, aud, iat, auth_time } = decodeJwt(after.id_token ?? '');
    const { idToken } = before;
    expect({ iss, sub, aud, auth_time }).toEqual({
      iss: idToken.iss,
      sub: idToken.sub,
      aud: idToken.aud,
      auth_time: idToken['auth_time'],
    });
    expect(iat).toBeGreaterThan(idToken.iat ?? Infinity);
    expect(after.access_token).not.toBe(before.tokens.access_token);
  },
};

const redirectAddresses: Readonly<Record<string, PlanCase>> = {
  'oidcc-ensure-registered-redirect-uri': isAnErrorPage({ redirect_uri: `${CALLBACK}/other` }),
  'oidcc-ensure-request-object-with-redirect-uri': isAnErrorPage({
    redirect_uri: `${CALLBACK}/other`,
    request: unsigned({ redirect_uri: CALLBACK }),
  }),
};

playPlan('oidcc-basic-certification-test-plan', {
  ...answersAndTokens,
  ...parameters,
  ...codesAndRefreshing,
  ...redirectAddresses,
});

playPlan('oidcc-dynamic-certification-test-plan, its cases of redirect addresses', {
  'oidcc-ensure-redirect-uri-in-authorization-request': isAnErrorPage({ redirect_uri: undefined }),
  async 'oidcc-redirect-uri-query-OK'() {
    const registered = `${CALLBACK}?foo=bar`;
    const asked = rp.ask({ redirect_uri: registered });
    const address = `${op.gateway.url}/oauth/authorize?${new URLSearchParams(asked).toString()}`;
    const sent = await approve(op.gateway.url, await openPage(address), await op.phone('ada'));
    expect(sent.href.startsWith(`${registered}&code=`)).toBe(true);
  },
  'oidcc-redirect-uri-query-mismatch': isAnErrorPage({ redirect_uri: `${CALLBACK}?foo=other` }),
  'oidcc-redirect-uri-query-added': isAnErrorPage({ redirect_uri: `${CALLBACK}?foo=bar&more=1` }),
  async 'oidcc-redirect-uri-regfrag'() {
    const row = { client_id: 'x', redirect_uris: [`${CALLBACK}#foobar`], token_endpoint_auth_method: 'none' };
    expect(() => readClients(JSON.stringify([row]), true)).toThrow('fragment');
    await Promise.resolve();
  },
});
