import { outwardTo } from '../support/outward.ts';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import { escapeHtml } from '../../src/http/pages/template.ts';
import { breaker } from '../../src/phone/breaker.ts';
import { demoIdentity } from '../../src/phone/demo.ts';
import { phoneIdentities } from '../../src/phone/identities.ts';
import { jwtIdentity } from '../../src/phone/jwt.ts';
import { oidcIdentity } from '../../src/phone/oidc.ts';
import { pageSessions } from '../../src/phone/page-session.ts';
import type { PhoneIdentity } from '../../src/phone/phone-identity.ts';
import { personName, personShown } from '../../src/phone/person-name.ts';
import { wechatIdentity } from '../../src/phone/wechat/sign-in.ts';
import { KeyRing } from '../../src/secrets/key-ring.ts';
import { sealOf } from '../../src/secrets/seal.ts';
import { systemTime } from '../../src/time/system-time.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';
import { call, expectStatus } from '../support/call.ts';
import { rounds } from '../support/random.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';

const FAMILY = '👩‍👩‍👧‍👦';

/** What a name is from outside, and what everyone is shown of it; undefined: nothing. */
const NAMES: readonly (readonly [string, string | undefined])[] = [
  ['Ada', 'Ada'],
  ['小明', '小明'],
  ['José', 'José'],
  ['José', 'José'],
  ['Ada\u202Egnp.exe', 'Adagnp.exe'],
  ['\u2066Ada\u2069', 'Ada'],
  ['\u200EAda\u200F\u061C', 'Ada'],
  ['A\u200Bd\u200Ca\u200D\uFEFF', 'Ada'],
  ['A\u00ADda\u2060', 'Ada'],
  ['Ada\nAdmin', 'Ada Admin'],
  ['Ada\r\n\r\nSet-Cookie: x=y', 'Ada Set-Cookie: x=y'],
  ['Ada\u2028Admin\u2029', 'Ada Admin'],
  ['Ada\u0085Admin', 'Ada Admin'],
  ['Ada\t\v\fAdmin', 'Ada Admin'],
  ['\u0000A\u0007d\u001Ba\u007F\u009B', 'Ada'],
  ['A\uD83Dda', 'Ada'],
  ['A\uDE00da\uD83D', 'Ada'],
  ['\u200B\u200B', undefined],
  ['\u3164\uFFA0\u115F', undefined],
  [' \u00A0\u3000 ', undefined],
  ['\u2800\u2800', undefined],
  ['\u202E\u202D', undefined],
  ['\u0301\u0301', undefined],
  ['\u0301Ada', 'Ada'],
  [`Z${'\u030A'.repeat(300)}algo`, 'Z\u030A\u030A\u030A\u030Aalgo'],
  [FAMILY, FAMILY],
  [`${'x'.repeat(60)}${FAMILY}`, 'x'.repeat(60)],
  [FAMILY.repeat(30), FAMILY.repeat(5)],
  ['x'.repeat(390), 'x'.repeat(64)],
  ['👩🏽‍🚀 ❤️ 1️⃣ 🇩🇪', '👩🏽‍🚀 ❤️ 1️⃣ 🇩🇪'],
  ['\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
  ['Ada\u{E0041}\u{E0064}\u{E006D}', 'Ada'],
  ['می\u200Cخواهم', 'می\u200Cخواهم'],
  ['क्\u200Dष', 'क्\u200Dष'],
  ['\u845B\u{E0100}', '\u845B\u{E0100}'],
  ['A\uFE0Fd\uFE0Ea\u180B', 'Ada'],
  ['שלום', 'שלום'],
  ['<script>alert(1)</script>', '<script>alert(1)</script>'],
  [`"><img src=x onerror='a'> & {{t.lang}}`, `"><img src=x onerror='a'> & {{t.lang}}`],
  ["$& $' $` %s", "$& $' $` %s"],
  ['\uE000Ada\uFFFF\uFFFC', 'Ada'],
  ['  Ada   Lovelace  ', 'Ada Lovelace'],
];

/** How a phone proves whom it belongs to. */
type Proof = Readonly<Record<string, string>>;

let edge: RunningEdge;
let provider: Server;
let phoneList: readonly PhoneIdentity[];
let keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
const sessions = pageSessions(
  sealOf(new KeyRing([randomBytes(32).toString('base64url')]), 'page session'),
  60_000,
  Date.now,
);
/** What WeChat and the provider say next, by code. */
const names = new Map<string, { readonly name: string; readonly nonce?: string }>();

const issuer = (): string => `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;

/** A provider that knows every code and whose name it stands for. */
function startProvider(): Promise<Server> {
  const server = createServer((req, res) => {
    res.setHeader('content-type', 'application/json');
    void (async () => {
      if (req.url === '/jwks')
        return res.end(JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), alg: 'ES256' }] }));
      if (req.url !== '/token') return res.end(JSON.stringify(metadata()));
      let body = '';
      for await (const chunk of req) body += String(chunk);
      const { name, nonce } = names.get(new URLSearchParams(body).get('code') ?? '') ?? {};
      const token = await signed({ iss: issuer(), aud: 'gateway', sub: 'u', name, nonce });
      return res.end(JSON.stringify({ access_token: 'a', token_type: 'Bearer', id_token: token }));
    })();
  });
  const metadata = (): object => ({
    issuer: issuer(),
    authorization_endpoint: `${issuer()}/authorize`,
    token_endpoint: `${issuer()}/token`,
    jwks_uri: `${issuer()}/jwks`,
    id_token_signing_alg_values_supported: ['ES256'],
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

function signed(claims: Record<string, unknown>): Promise<string> {
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).setIssuedAt();
  return jwt.setExpirationTime('1h').sign(keys.privateKey);
}

const bounded = () =>
  breaker({
    timeoutMs: 5000,
    tries: 2,
    pauseMs: 1,
    failuresMax: 5,
    openMs: 100,
    time: systemTime,
    random: Math.random,
  });

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  provider = await startProvider();
  const wechat = wechatIdentity({
    call: ({ path, query }) =>
      Promise.resolve(
        path === '/sns/userinfo'
          ? { openid: 'o', nickname: names.get(query?.['access_token'] ?? '')?.name }
          : { access_token: query?.['code'], openid: 'o' },
      ),
    openBase: 'https://open.weixin.qq.com',
    account: { appId: 'wx', secret: 's' },
    website: undefined,
    subject: 'openid',
    label: 'WeChat',
    sessions,
    note: () => undefined,
  });
  const oidc = oidcIdentity({
    call: outwardTo(),
    issuer: issuer(),
    clientId: 'gateway',
    clientSecret: undefined,
    claims: [],
    scope: 'openid profile',
    label: 'Company',
    sessions,
    breaker: bounded(),
    timeoutMs: 5000,
  });
  const jwt = jwtIdentity({
    issuer: 'https://app.example',
    audience: 'scangate',
    keys: () => Promise.resolve(keys.publicKey),
    claims: [],
    toleranceMs: 0,
    lifeMaxMs: 3_600_000,
    now: Date.now,
    onRefusal: () => undefined,
  });
  phoneList = [jwt, oidc, wechat, demoIdentity(sessions, Date.now)];
  const phones = phoneIdentities(phoneList);
  edge = await startEdge({ token: 'own', over: { phones, pageSessions: sessions } });
});

afterAll(async () => {
  provider?.closeAllConnections();
  provider?.close();
  await edge?.stop();
});

const PROOFS: Readonly<Record<string, (name: string) => Promise<Proof>>> = {
  demo: async (name) => {
    const answer = await call(`${edge.url}/demo/phone`, { form: { name, return_to: '/' } });
    return { cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
  },
  jwt: async (name) => {
    const token = await signed({ iss: 'https://app.example', aud: 'scangate', sub: 'u', name });
    return { authorization: `Bearer ${token}` };
  },
  oidc: (name) => signedIn('oidc', name),
  wechat: (name) => signedIn('wechat', name),
};

async function signedIn(source: string, name: string): Promise<Proof> {
  const signIn = phoneList.find((one) => one.source === source)?.pageSignIn;
  const begun = await signIn!.begin('http://localhost:8080/cb', 'state', '');
  const code = randomBytes(8).toString('hex');
  const { nonce } = begun.kept;
  names.set(code, { name, ...(nonce === undefined ? {} : { nonce }) });
  const came = new URL(`http://localhost:8080/cb?code=${code}&state=state`);
  const user = await signIn!.finish(came, 'state', begun.kept);
  return { cookie: `scangate_phone=${sessions.issue(user!)}` };
}

/** All that is shown of whoever signs in with this proof. */
async function shownOf(proof: Proof): Promise<Record<string, unknown>> {
  const ticket = await mint(edge.url, {
    clientId: 'app',
    redirectUri: undefined,
    scope: 'openid profile',
  });
  const code = readScanCode(ticket.notice);
  const page = await call(`${edge.url}/s/${code}`, { headers: proof });
  const headers = { ...proof, 'sec-fetch-site': 'same-origin' };
  const answer = await scan(edge.url, code, '', { headers });
  const scanned = expectStatus(answer, 201);
  const { scanner } = expectStatus(await look(ticket, edge.url), 200);
  expectStatus(await confirm(edge.url, scanned, '', { headers }), 200);
  const { result } = expectStatus(await look(ticket, edge.url), 200);
  const tokens = expectStatus(await redeem(edge.url, ticket, result?.code ?? ''), 200);
  const claims = Buffer.from(tokens.id_token?.split('.')[1] ?? '', 'base64url').toString('utf8');
  const bearer = { authorization: `Bearer ${tokens.access_token}` };
  const userinfo = await call<{ name?: string }>(`${edge.url}/oauth/userinfo`, { headers: bearer });
  return {
    notice: scanner?.name,
    token: (JSON.parse(claims) as { name?: string }).name,
    userinfo: userinfo.body.name,
    page: [...page.text.matchAll(/<bdi>([^<]*)<\/bdi>/g)].map(([, text]) => text),
    scan: UNSAFE.test(answer.text),
  };
}

/** Control, direction and other format characters, and half characters: the oracle's own list. */
const UNSAFE = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\p{Cs}]/u;

/** A demo phone's name is its subject too: a blank one is none, and one of over 255 characters is refused. */
const isTaken = (source: string, raw: string): boolean =>
  source !== 'demo' || (raw.trim() !== '' && raw.length <= 255);

describe.each(Object.keys(PROOFS))('a name from %s', (source) => {
  // Every name comes from one source; with `npm test -- --long` from each.
  const sources = Object.keys(PROOFS);
  const names = NAMES.filter(
    ([raw], index) =>
      isTaken(source, raw) && (index % sources.length === sources.indexOf(source) || rounds(0, 1) > 0),
  );

  test('is one safe line, the same in notice, page and tokens', async () => {
    for (let at = 0; at < names.length; at += 14)
      await Promise.all(
        names.slice(at, at + 14).map(async ([raw, name]) => {
          const shown = await shownOf(await PROOFS[source]!(raw));
          const subject = { demo: '–', wechat: 'o' }[source] ?? 'u';
          const onPage = escapeHtml(name ?? subject);
          const page = source === 'jwt' ? [] : [onPage, onPage];
          expect({ raw, ...shown }).toEqual({
            raw,
            notice: name,
            token: name,
            userinfo: name,
            page,
            scan: false,
          });
        }),
      );
  });
});

test.each(NAMES)('%j is shown as one safe line', (raw, name) => {
  expect(personName(raw)).toBe(name);
});

test('what is plain is shown as what needs a look is', () => {
  const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 70 });
  // A zero-width space goes, and what is left was looked at.
  fc.assert(fc.property(ascii, (raw) => expect(personName(raw)).toBe(personName(`${raw}\u200B`))));
});

test('whatever a name is, what is left of it is stable, short, whole and without anything unsafe', () => {
  const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 90 });
  const hostile = fc.constantFrom(...NAMES.map(([raw]) => raw), '\u200D', '\u200C', 'e', '\u0301');
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 90 }),
    units.map((list) => String.fromCharCode(...list)),
    fc.array(hostile, { maxLength: 6 }).map((list) => list.join('')),
  );
  fc.assert(
    fc.property(text, (raw) => {
      const name = personName(raw);
      if (name === undefined) return;
      expect(name.length).toBeLessThanOrEqual(64);
      expect(UNSAFE.test(name)).toBe(false);
      expect(name).toBe(name.normalize('NFC').trim());
      expect(personName(name)).toBe(name);
    }),
    { numRuns: rounds(500, 2000), examples: [['A\uFE0Fd\uFE0Ea\u180B\u200C\u0915\u094D\u200D\u0937']] },
  );
});

test('a hostile subject is shown as safely as a name', () => {
  expect(personShown({ subject: 'a\u202Eb\n' })).toBe('ab');
  expect(personShown({ subject: '\u200B' })).toBe('–');
  expect(personShown({ subject: 'u', name: '\u200B' })).toBe('u');
});
