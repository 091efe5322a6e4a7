import { afterAll, beforeAll, expect } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { call, expectStatus } from '../../support/call.ts';
import type { Answer } from '../../support/call.ts';
import { until } from '../../support/until.ts';
import { playPlan } from './plan.ts';
import { AFTER_LOGOUT, startProvider } from './provider.ts';
import type { Provider } from './provider.ts';
import { expectPage, relyingParty, sentBack } from './relying-party.ts';
import type { RelyingParty, SignedIn } from './relying-party.ts';

let op: Provider;
let rp: RelyingParty;
/** The client that is told by logout tokens. */
let told: RelyingParty;
let metadata: Readonly<Record<string, unknown>>;

beforeAll(async () => {
  op = await startProvider();
  rp = relyingParty(op.gateway.url, 'first');
  told = relyingParty(op.gateway.url, 'second');
  metadata = expectStatus(await call(`${op.gateway.url}/.well-known/openid-configuration`), 200);
});

afterAll(async () => {
  await op?.stop();
});

const signIn = async (by = rp): Promise<SignedIn> => await by.signIn(await op.phone('ada'));

const END = 'a state of the application';

/** The whole request of the plan: a hint, where to go, and a state. */
const wholeOf = ({ tokens }: SignedIn): Readonly<Record<string, string>> => ({
  id_token_hint: tokens.id_token ?? '',
  post_logout_redirect_uri: AFTER_LOGOUT,
  state: END,
});

/** Sends the browser of a sign-in to sign out. */
async function logOut({ cookie }: SignedIn, asked: Readonly<Record<string, string>>): Promise<Answer> {
  const query = new URLSearchParams(asked).toString();
  return await call(`${String(metadata['end_session_endpoint'])}?${query}`, { headers: { cookie } });
}

function expectSentOn(answer: Answer, state?: string): void {
  const query = state === undefined ? '' : `?${new URLSearchParams({ state }).toString()}`;
  expect([answer.status, answer.headers.get('location')]).toEqual([303, `${AFTER_LOGOUT}${query}`]);
}

async function isAlive({ tokens }: SignedIn): Promise<boolean> {
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  return (await call(`${op.gateway.url}/oauth/userinfo`, { headers })).status === 200;
}

/** What the plan looks at in the end: without asking the user nobody is signed in. */
async function expectSignedOut(signedIn: SignedIn, by = rp): Promise<void> {
  expect(await isAlive(signedIn)).toBe(false);
  expect(sentBack(await by.send(by.ask({ prompt: 'none' })))).toMatchObject({ error: 'login_required' });
}

/** A request without a hint: a page asks this browser's user, whose yes signs out; nobody is sent anywhere. */
const isAsked = (asked: Readonly<Record<string, string>>) => async (): Promise<void> => {
  const mine = await signIn();
  const page = await logOut(mine, asked);
  expectPage(page, 200);
  expect(await isAlive(mine)).toBe(true);
  const sids = / name="sids" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
  expect(sids).toBe(String(mine.idToken['sid']));
  const answer = await call(`${op.gateway.url}/oauth/logout/sessions`, {
    form: { sids },
    headers: { cookie: mine.cookie, 'sec-fetch-site': 'same-origin', origin: op.gateway.url },
  });
  expectPage(answer, 200);
  expect(answer.text).toContain('You are signed out.');
  await expectSignedOut(mine);
};

/** A request that is no one's: a page says so, nobody is sent anywhere, and nobody is signed out. */
const isRefused = (spoil: (idToken: string) => string) => async (): Promise<void> => {
  const mine = await signIn();
  const whole = wholeOf(mine);
  const answer = await logOut(mine, { ...whole, id_token_hint: spoil(whole['id_token_hint'] ?? '') });
  expectPage(answer, 400);
  expect(await isAlive(mine)).toBe(true);
};

/** An address that nobody registered: signed out by the hint, and a page says so. */
const goesNowhere = (address: string) => async (): Promise<void> => {
  const mine = await signIn();
  expectPage(await logOut(mine, { ...wholeOf(mine), post_logout_redirect_uri: address }), 200);
  await expectSignedOut(mine);
};

function withOtherSubject(idToken: string): string {
  const [header = '', , signature = ''] = idToken.split('.');
  const claims = { ...decodeJwt(idToken), sub: 'somebody else' };
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
}

playPlan('oidcc-rp-initiated-logout-certification-test-plan', {
  async 'oidcc-rp-initiated-logout-discovery-endpoint-verification'() {
    const address = new URL(String(metadata['end_session_endpoint']));
    expect(address.href.startsWith(`${op.gateway.url}/`)).toBe(true);
    await Promise.resolve();
  },
  async 'oidcc-rp-initiated-logout'() {
    const mine = await signIn();
    expectSentOn(await logOut(mine, wholeOf(mine)), END);
    await expectSignedOut(mine);
  },
  'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': goesNowhere('https://other.example/bye'),
  'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': goesNowhere(`${AFTER_LOGOUT}?foo=bar`),
  'oidcc-rp-initiated-logout-modified-id-token-hint': isRefused(withOtherSubject),
  'oidcc-rp-initiated-logout-bad-id-token-hint': isRefused(() => 'bad.token.hint'),
  'oidcc-rp-initiated-logout-no-id-token-hint': isAsked({
    post_logout_redirect_uri: AFTER_LOGOUT,
    state: END,
  }),
  'oidcc-rp-initiated-logout-no-params': isAsked({}),
  'oidcc-rp-initiated-logout-only-state': isAsked({ state: END }),
  async 'oidcc-rp-initiated-logout-no-post-logout-redirect-uri'() {
    const mine = await signIn();
    const { post_logout_redirect_uri: _where, ...asked } = wholeOf(mine);
    const answer = await logOut(mine, asked);
    expectPage(answer, 200);
    expect(answer.text).toContain('You are signed out.');
    await expectSignedOut(mine);
  },
  async 'oidcc-rp-initiated-logout-no-state'() {
    const mine = await signIn();
    const { state: _state, ...asked } = wholeOf(mine);
    expectSentOn(await logOut(mine, asked));
    await expectSignedOut(mine);
  },
});

playPlan('oidcc-backchannel-rp-initiated-logout-certification-test-plan', {
  async 'oidcc-backchannel-logout-discovery-endpoint-verification'() {
    expect(metadata).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    });
    await Promise.resolve();
  },
  async 'oidcc-backchannel-rp-initiated-logout'() {
    const mine = await signIn(told);
    expectSentOn(await logOut(mine, wholeOf(mine)), END);
    await until(() => op.logoutTokens.length > 0, { withinMs: 30_000, what: 'a logout token' });
    const keys = createRemoteJWKSet(new URL(String(metadata['jwks_uri'])));
    const checks = { issuer: op.gateway.url, audience: 'second', typ: 'logout+jwt' };
    const { payload, protectedHeader } = await jwtVerify(op.logoutTokens[0] ?? '', keys, checks);
    expect(protectedHeader.alg).toBe('RS256');
    expect(payload).toMatchObject({
      sub: 'ada',
      sid: mine.idToken['sid'],
      jti: expect.stringMatching(/./),
      iat: expect.any(Number),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(payload).not.toHaveProperty('nonce');
    await expectSignedOut(mine, told);
  },
});
