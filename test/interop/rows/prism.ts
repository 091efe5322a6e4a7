import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, expectStatus } from '../../support/call.ts';
import { at, confirm, deny, mint, readScanCode, redeem, scan } from '../../support/signin.ts';
import type { Minted, Notice, Scanned, Tokens } from '../../support/signin.ts';
import { untilPrinted } from '../../support/child.ts';
import type { Row } from '../row.ts';
import type { Stage } from '../stage.ts';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

/** Answers with an error whatever the document does not allow, a request or an answer. */
export const prism: Row = {
  name: 'Prism as a validating proxy',
  smoke: true,
  kind: 'generator',
  source: { from: 'npm', packages: { '@stoplight/prism-cli': '5.14.2' } },
  settings: '`prism proxy --errors`',
  open: (stage) => {
    let proxy = '';
    return Promise.resolve({
      'takes openapi.yaml': async () => {
        proxy = await startProxy(stage);
      },
      'signs in': async () => {
        await byTransports(proxy, stage.gateway.url);
        await withoutBrowser(proxy);
      },
    });
  },
};

async function startProxy({ gateway, place, port, folder, run }: Stage): Promise<string> {
  const document = join(folder, 'openapi.yaml');
  writeFileSync(document, await (await fetch(`${gateway.url}/openapi.yaml`)).text());
  const args = ['proxy', document, gateway.url, '--errors', '--host', '127.0.0.1', '--port', String(port)];
  const child = await run(join(place.folder, 'node_modules/.bin/prism'), args);
  await untilPrinted(child, /listening on/);
  return `http://127.0.0.1:${port}`;
}

/** A sign-in as a page plays it, through every address that it may ask; and one that is denied, and one that is cancelled. */
async function byTransports(proxy: string, gateway: string): Promise<void> {
  const begin = async (): Promise<{ readonly ticket: Minted; readonly scanned: Scanned }> => {
    const ticket = await mint(proxy, { redirectUri: `${gateway}/demo/callback`, scope: 'openid profile' });
    expectStatus(await call(at(proxy, ticket.links.qr), { headers: ticket.secretHeaders }), 200);
    const scanned = expectStatus(await scan(proxy, readScanCode(ticket.notice)), 201);
    return { ticket, scanned };
  };
  const { ticket, scanned } = await begin();
  const { secretHeaders: headers, links } = ticket;
  const self = at(proxy, links.self);
  const known = await call(self, { headers });
  expectStatus(known, 200);
  const etag = { 'if-none-match': known.headers.get('etag') ?? '' };
  expectStatus(await call(self, { headers: { ...headers, ...etag } }), 304);
  expectStatus(await confirm(proxy, scanned), 200);
  const events = await call(at(proxy, links.events), { headers });
  expectStatus(events, 200);
  if (!/^data:.*"confirmed"/m.test(events.text)) throw new Error(`the stream had: ${events.text}`);
  const told = expectStatus(await call<Notice>(`${at(proxy, links.poll)}?wait=1`, { headers }), 200);
  // The proxy itself refuses this: it does look.
  expectStatus(await call(`${at(proxy, links.poll)}?wait=long`, { headers }), 422);
  const done = `${at(proxy, links.poll)}?after=${told.cursor}&wait=1`;
  expectStatus(await call(done, { headers }), 204);
  await keep(proxy, expectStatus(await redeem(proxy, ticket, told.result?.code ?? ''), 200));

  expectStatus(await deny(proxy, (await begin()).scanned, 'alice', { report: true }), 200);
  const given = (await begin()).ticket;
  expectStatus(
    await call(at(proxy, given.links.self), { method: 'DELETE', headers: given.secretHeaders }),
    204,
  );
  const cancelled = await call<Notice>(at(proxy, given.links.self), { headers: given.secretHeaders });
  if (expectStatus(cancelled, 200).result?.error !== 'access_denied') throw new Error(cancelled.text);
  expectStatus(await call(at(proxy, given.links.self), { headers: { authorization: 'Bearer x.y.z' } }), 404);
}

/** What an application does with its tokens. */
async function keep(proxy: string, tokens: Tokens): Promise<void> {
  const client = { client_id: 'demo', token: tokens.access_token };
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  expectStatus(await call(`${proxy}/oauth/userinfo`, { headers }), 200);
  expectStatus(await call(`${proxy}/oauth/introspect`, { form: client }), 200);
  expectStatus(await call(`${proxy}/v1/sessions`, { headers: { authorization: 'Bearer demo-alice' } }), 200);
  expectStatus(await call(`${proxy}/oauth/revoke`, { form: client }), 200);
  expectStatus(await call(`${proxy}/oauth/jwks`), 200);
  expectStatus(await call(`${proxy}/.well-known/openid-configuration`), 200);
}

/** The device flow, with a poll too early for it. */
async function withoutBrowser(proxy: string): Promise<void> {
  const asked = await call<{ readonly device_code: string; readonly user_code: string }>(
    `${proxy}/oauth/device_authorization`,
    { form: { client_id: 'demo', scope: 'openid offline_access' } },
  );
  const { device_code: code, user_code: userCode } = expectStatus(asked, 200);
  const form = { grant_type: DEVICE, client_id: 'demo', device_code: code };
  expectStatus(await call(`${proxy}/oauth/token`, { form }), 400);
  const scanned = expectStatus(await scan(proxy, { userCode }), 201);
  expectStatus(await confirm(proxy, scanned), 200);
  const tokens = expectStatus(await call<Tokens>(`${proxy}/oauth/token`, { form }), 200);
  const refresh = { grant_type: 'refresh_token', client_id: 'demo', refresh_token: tokens.refresh_token };
  expectStatus(await call(`${proxy}/oauth/token`, { form: refresh }), 200);
}
