import { call, expectStatus } from '../support/call.ts';
import { confirm, mint, readScanCode, redeem, s256, scan } from '../support/signin.ts';
import { CALLBACK, CLIENT_SECRET, DEVICE_GRANT, INITIAL_TOKEN } from './gateway.ts';
import type { Random } from '../support/random.ts';

/** Things that exist at the gateway right now, so that what is sent gets behind the first check. */
export interface Live {
  /** By the names that `openapi.yaml` has for them. */
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Headers that prove somebody, by the names of security schemes. */
  readonly credentials: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
  /** What no refusal may repeat. */
  readonly secrets: readonly string[];
}

const demo = 'Bearer demo-alice';

/** Signs somebody in, and leaves tickets of every kind and state behind. */
export async function makeLive(url: string): Promise<Live> {
  const common = { clientId: 'app', redirectUri: CALLBACK } as const;
  const [pending, scanned, confirmed, redeemed, cookie] = await Promise.all([
    mint(url, common),
    mint(url, common),
    mint(url, common),
    mint(url, { ...common, scope: 'openid profile offline_access' }),
    mint(url, { ...common, binding: 'cookie' }),
  ]);
  const approve = async (ticket: typeof pending): Promise<string> => {
    const phone = expectStatus(await scan(url, readScanCode(ticket.notice)), 201);
    expectStatus(await confirm(url, phone), 200);
    const notice = await call<{ result: { code: string } }>(ticket.links.self, {
      headers: ticket.secretHeaders,
    });
    return expectStatus(notice, 200).result.code;
  };
  const phone = expectStatus(await scan(url, readScanCode(scanned.notice)), 201);
  const code = await approve(confirmed);
  const tokens = expectStatus(await redeem(url, redeemed, await approve(redeemed)), 200);
  const device = expectStatus(
    await call<{ device_code: string; user_code: string }>(`${url}/oauth/device_authorization`, {
      form: { client_id: 'app', scope: 'openid' },
    }),
    200,
  );
  const pushed = await call<{ request_uri: string }>(`${url}/oauth/par`, {
    form: {
      client_id: 'app',
      response_type: 'code',
      redirect_uri: CALLBACK,
      code_challenge: s256(confirmed.verifier),
      code_challenge_method: 'S256',
    },
  });
  const registered = await call<{ client_id: string; registration_access_token: string }>(
    `${url}/oauth/register`,
    { json: { redirect_uris: [CALLBACK] }, headers: { authorization: `Bearer ${INITIAL_TOKEN}` } },
  );
  const { client_id: ownId, registration_access_token: ownToken } = expectStatus(registered, 201);
  const page = (await call(`${url}/demo/phone`, { form: { name: 'alice' } })).headers.getSetCookie()[0] ?? '';
  const claims = JSON.parse(Buffer.from(tokens.access_token.split('.')[1] ?? '', 'base64url').toString()) as {
    sid: string;
  };
  const tickets = [pending, scanned, confirmed, redeemed, cookie];
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });
  return {
    values: {
      id: tickets.map(({ ticketId }) => ticketId),
      sid: [claims.sid],
      clientId: [ownId],
      client_id: ['app', 'server', 'asking', 'pushing', 'bound', 'posted', 'demo', ownId],
      client_secret: [CLIENT_SECRET],
      redirect_uri: [CALLBACK],
      scope: ['openid', 'openid profile offline_access'],
      response_type: ['code', 'id_token'],
      response_mode: ['query', 'form_post'],
      code_challenge: [s256(confirmed.verifier)],
      code_challenge_method: ['S256'],
      scanCode: [readScanCode(pending.notice), readScanCode(scanned.notice)],
      scan_code: [readScanCode(pending.notice), readScanCode(cookie.notice), readScanCode(scanned.notice)],
      user_code: [device.user_code],
      device_code: [device.device_code],
      handshake: [phone.handshake],
      code: [code],
      code_verifier: [confirmed.verifier, redeemed.verifier],
      grant_type: ['authorization_code', 'refresh_token', DEVICE_GRANT],
      refresh_token: [tokens.refresh_token ?? ''],
      token: [tokens.access_token, tokens.refresh_token ?? ''],
      access_token: [tokens.access_token],
      id_token_hint: [tokens.id_token ?? ''],
      request_uri: [expectStatus(pushed, 201).request_uri],
      after: tickets.map(({ notice }) => notice.cursor),
      wait: ['0'],
      binding: ['cookie', 'bearer'],
    },
    credentials: {
      browserBearer: [pending, scanned, confirmed, redeemed].map(({ secretHeaders }) => secretHeaders),
      browserCookie: [cookie.secretHeaders],
      phoneBearer: [{ authorization: demo }, { authorization: 'Bearer demo-mallory' }],
      phonePage: [{ cookie: page.split(';')[0] ?? '', 'sec-fetch-site': 'same-origin' }],
      clientBasic: [basic('server', CLIENT_SECRET), basic('app', '')],
      accessToken: [{ authorization: `Bearer ${tokens.access_token}` }],
      initialAccessToken: [{ authorization: `Bearer ${INITIAL_TOKEN}` }],
      registrationAccessToken: [{ authorization: `Bearer ${ownToken}` }],
    },
    secrets: [
      ...tickets.map(({ secret }) => secret),
      phone.handshake,
      code,
      confirmed.verifier,
      tokens.access_token,
      tokens.refresh_token ?? '-',
      device.device_code,
      CLIENT_SECRET,
      ownToken,
    ],
  };
}

/** One of the things of this name, if there is any. */
export function liveValue(live: Live, name: string, random: Random): string | undefined {
  const values = live.values[name] ?? [];
  return values.length === 0 ? undefined : random.pick(values);
}
