import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call, expectStatus } from '../support/call.ts';
import { mint, readScanCode, scan } from '../support/signin.ts';
import { startEdge } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');
const asked: { readonly url: string; readonly headers: IncomingMessage['headers'] }[] = [];
let elsewhere: Server;
let edge: RunningEdge;

/** Somebody who serves logos, well and badly. */
function serve(req: IncomingMessage, res: ServerResponse): void {
  asked.push({ url: req.url ?? '', headers: req.headers });
  if (req.url === '/moved') return void res.writeHead(302, { Location: '/good' }).end();
  if (req.url === '/large') return void res.end(Buffer.concat([PNG, Buffer.alloc(200_000)]));
  if (req.url === '/html') return void res.writeHead(200, { 'Content-Type': 'image/png' }).end('<script>');
  if (req.url === '/svg') return void res.end('<svg xmlns="http://www.w3.org/2000/svg"/>');
  if (req.url === '/gone') return void res.writeHead(404).end(PNG);
  res.end(PNG);
}

const NAMES = ['good', 'moved', 'large', 'html', 'svg', 'gone'];

beforeAll(async () => {
  elsewhere = createServer(serve);
  await new Promise<void>((ready) => elsewhere.listen(0, '127.0.0.1', ready));
  const base = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  const named = NAMES.map((name) => ({ client_id: name, logo_uri: `${base}/${name}` }));
  const policy = { shows_scanner: true, number_match: false, verified: false, pkce: 'required' } as const;
  const colors = { light: '#7a1fa2', dark: '#e0b0ff' };
  edge = await startEdge({
    clients: [
      ...named,
      { client_id: 'plain one' },
      { client_id: 'bright one', policy: { ...policy, colors } },
    ],
  });
});
afterAll(async () => {
  await edge.stop();
  elsewhere.closeAllConnections();
  elsewhere.close();
});

const logo = (name: string) => edge.api.get(`/clients/${encodeURIComponent(name)}/logo`);

test('a logo is fetched once, by the gateway, and tells nothing of who looks at it', async () => {
  asked.length = 0;
  const all = await Promise.all(
    [1, 2, 3].map(() => logo('good').set({ cookie: 'a=b', 'user-agent': 'visitor' })),
  );
  for (const answer of all) {
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/png']);
    expect(answer.headers['content-security-policy']).toBe("default-src 'none'; sandbox");
    expect(PNG.equals(answer.body as Buffer)).toBe(true);
  }
  expect(asked).toHaveLength(1);
  expect(JSON.stringify(asked[0]?.headers)).not.toMatch(/visitor|a=b|referer|x-forwarded/);
  await logo('good').set('if-none-match', String(all[0]?.headers['etag'])).expect(304);
});

test.each(['moved', 'large', 'html', 'svg', 'gone', 'plain one', 'nobody'])(
  'what is no logo (%s) is not shown, and not asked for again at once',
  async (name) => {
    asked.length = 0;
    await logo(name).expect(404);
    await logo(name).expect(404);
    expect(asked.map(({ url }) => url)).toEqual(NAMES.includes(name) ? [`/${name}`] : []);
  },
);

test('pages and phones are told of the logo at the gateway alone', async () => {
  const asks = '/oauth/authorize?response_type=code&code_challenge_method=S256&redirect_uri=';
  const request = `${asks}https%3A%2F%2Fapp.example%2Fback%3Fkeep%3D1&code_challenge=${'a'.repeat(43)}`;
  const { text } = await edge.api.get(`${request}&client_id=good`);
  expect(text).toContain('<img class="logo" src="/clients/good/logo" alt="" />');
  expect(text).not.toContain('127.0.0.1');
  expect((await edge.api.get(`${request}&client_id=plain+one`)).text).not.toMatch(/class="logo"|colors\.css/);
  const bright = await edge.api.get(`${request}&client_id=bright+one`);
  expect(bright.text).toContain('href="/clients/bright%20one/colors.css"');
  const ticket = await mint(edge.url, { clientId: 'good', redirectUri: undefined });
  const { client } = expectStatus(await scan(edge.url, readScanCode(ticket.notice)), 201) as unknown as {
    client: { logo?: string };
  };
  expect(client.logo).toBe('http://localhost:8080/clients/good/logo');
});

test('colours are a style sheet, each for its systems, with what can be read on them', async () => {
  const sheet = await call(`${edge.url}/clients/bright%20one/colors.css`);
  expect([sheet.status, sheet.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
  const [light, dark] = sheet.text.split('@media (prefers-color-scheme: dark)');
  expect(light).toContain('--accent: #7a1fa2; --on-accent: #ffffff;');
  expect(dark).toContain('--accent: #e0b0ff; --on-accent: #000000;');
  await edge.api.get('/clients/nobody/colors.css').expect(404);
});
