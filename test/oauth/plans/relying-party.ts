import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyResult } from 'jose';
import { call, expectStatus } from '../../support/call.ts';
import type { Answer } from '../../support/call.ts';
import type { Tokens } from '../../support/signin.ts';
import { endInBrowser, openPage } from '../sign-in-page.ts';
import type { Phone } from '../sign-in-page.ts';
import { CALLBACK, SECRET } from './provider.ts';

/** Parameters over the usual ones; undefined leaves one out. */
export type Asked = Readonly<Record<string, string | undefined>>;

/** What an application has after a sign-in that it checked. */
export interface SignedIn {
  readonly asked: Readonly<Record<string, string>>;
  readonly code: string;
  readonly tokens: Tokens;
  readonly idToken: JWTPayload;
  readonly header: JWTVerifyResult['protectedHeader'];
  /** What the browser keeps of the gateway. */
  readonly cookie: string;
}

/** An application as the plans play one: by hand, and suspicious of every answer. */
export interface RelyingParty {
  /** The parameters of a request: a new state and nonce, and what the case has of its own. */
  ask(more?: Asked): Readonly<Record<string, string>>;
  /** Sends a browser to the gateway with them. */
  send(asked: Readonly<Record<string, string>>): Promise<Answer>;
  /** Has a request approved, and redeems the code that comes back. */
  signIn(phone: Phone, more?: Asked, redeemed?: Asked): Promise<SignedIn>;
  /** The token endpoint, with this client's secret. */
  token(form: Asked): Promise<Answer<Tokens & { readonly error?: string }>>;
  userInfo(tokens: Tokens): Promise<Readonly<Record<string, unknown>>>;
}

export function relyingParty(gatewayUrl: string, clientId: string, byPost = false): RelyingParty {
  const keys = createRemoteJWKSet(new URL(`${gatewayUrl}/oauth/jwks`));
  const address = (asked: Readonly<Record<string, string>>): string =>
    `${gatewayUrl}/oauth/authorize?${new URLSearchParams(asked).toString()}`;

  function ask(more: Asked = {}): Readonly<Record<string, string>> {
    const fresh = (): string => randomBytes(12).toString('base64url');
    const usual = { client_id: clientId, redirect_uri: CALLBACK, response_type: 'code', scope: 'openid' };
    return given({ ...usual, state: fresh(), nonce: fresh(), ...more });
  }

  async function token(form: Asked): Promise<Answer<Tokens & { readonly error?: string }>> {
    const basic = `Basic ${btoa(`${clientId}:${SECRET}`)}`;
    const proof = byPost ? { client_id: clientId, client_secret: SECRET } : {};
    return await call(`${gatewayUrl}/oauth/token`, {
      form: { ...form, ...proof },
      headers: byPost ? {} : { authorization: basic },
    });
  }

  async function signIn(phone: Phone, more: Asked = {}, redeemed: Asked = {}): Promise<SignedIn> {
    const asked = ask(more);
    const { sent, cookies } = await endInBrowser(
      'confirmed',
      gatewayUrl,
      await openPage(address(asked)),
      phone,
    );
    expect(sent.href.split(/[?&]code=/)[0]).toBe(asked['redirect_uri']);
    const { code = '', state, iss } = Object.fromEntries(sent.searchParams);
    expect({ state, iss }).toEqual({ state: asked['state'], iss: gatewayUrl });
    const answer = await token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: asked['redirect_uri'],
      ...redeemed,
    });
    const tokens = expectStatus(answer, 200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) });
    const checked = await jwtVerify(tokens.id_token ?? '', keys, { issuer: gatewayUrl, audience: clientId });
    const { payload: idToken, protectedHeader: header } = checked;
    expect(idToken['nonce']).toBe(asked['nonce']);
    expect(idToken).toMatchObject({ sub: expect.any(String), exp: expect.any(Number) });
    expect(Math.abs(Date.now() / 1000 - (idToken.iat ?? 0))).toBeLessThan(60);
    return { asked, code, tokens, idToken, header, cookie: cookies.join('; ') };
  }

  return {
    ask,
    send: (asked) => call(address(asked)),
    signIn,
    token,
    async userInfo(tokens) {
      const headers = { authorization: `Bearer ${tokens.access_token}` };
      return expectStatus(await call(`${gatewayUrl}/oauth/userinfo`, { headers }), 200);
    },
  };
}

/** What comes back to the application by redirect. */
export function sentBack(answer: Answer): Readonly<Record<string, string>> {
  expect(answer.status).toBe(303);
  const location = new URL(answer.headers.get('location') ?? '');
  expect(`${location.origin}${location.pathname}`).toBe(CALLBACK);
  return Object.fromEntries(location.searchParams);
}

/** A page that stays: nothing of the browser's visit comes back to the application. */
export function expectPage(answer: Answer, status: number): void {
  expect([answer.status, answer.headers.get('location')]).toEqual([status, null]);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
}

function given(parameters: Asked): Readonly<Record<string, string>> {
  const all = Object.entries(parameters);
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
