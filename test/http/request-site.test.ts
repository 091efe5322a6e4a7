import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { Origins } from '../../src/http/caller/origins.ts';
import { sessionGate } from '../../src/http/routes/session-gate.ts';
import type { AccessCheck } from '../../src/oauth/tokens/access.ts';
import type { SessionNotice } from '../../src/session/notice.ts';
import type { Present } from '../../src/watch/present.ts';
import { mint } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { startEdge, testClient } from './fixture.ts';
import type { RunningEdge } from './fixture.ts';

type Headers = Readonly<Record<string, string>>;

/** What is asked in each kind of route, and what of the answer is written down. */
interface Kind {
  readonly method?: string;
  readonly path: () => string;
  readonly headers?: () => Headers;
  readonly body?: object | string;
  readonly shown?: (answer: IncomingMessage) => string;
}

let edge: RunningEdge;
let byCookie: Minted;
let byBearer: Minted;
let answered: Minted;
let phoneCookie: string;
beforeAll(async () => {
  edge = await startEdge({
    clients: [{}, { client_id: 'other', redirect_uris: ['https://other.example/back'] }],
  });
  byCookie = await mint(edge.url, { ...app, binding: 'cookie' });
  answered = await mint(edge.url, { ...app, binding: 'cookie' });
  byBearer = await mint(edge.url, { ...app, binding: 'bearer' });
  const pretended = await fetch(`${edge.url}/demo/phone`, {
    method: 'POST',
    body: new URLSearchParams({ name: 'alice' }),
    redirect: 'manual',
  });
  phoneCookie = pretended.headers.getSetCookie()[0]?.split(';')[0] ?? '';
});
afterAll(() => edge.stop());

const app = { clientId: 'app', redirectUri: undefined } as const;
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const minted = { client_id: 'app', code_challenge: challenge, code_challenge_method: 'S256' };
const cookie = (): Headers => ({ cookie: byCookie.secretHeaders['cookie'] ?? '' });
const bearer = (): Headers => byBearer.secretHeaders;
const ticketOf = ({ ticketId }: Minted): string => `/v1/tickets/${ticketId}`;
const allowed = (answer: IncomingMessage): string =>
  answer.headers['access-control-allow-origin'] === undefined ? 'no' : 'yes';

/** The public address is `http://localhost:8080`; the gateway is also reached at a name that only `Host` tells. */
const HOSTS = { public: 'localhost:8080', lan: 'lan.example:8080' } as const;
const ORIGINS: Readonly<Record<string, string | undefined>> = {
  none: undefined,
  public: 'http://localhost:8080',
  lan: 'http://lan.example:8080',
  client: 'https://app.example',
  other: 'https://other.example',
  stranger: 'https://evil.example',
  null: 'null',
};
const SITES = [undefined, 'same-origin', 'none', 'same-site', 'cross-site', 'strange'] as const;

const KINDS: Readonly<Record<string, Kind>> = {
  'mint by cookie': { method: 'POST', path: () => '/v1/tickets', body: minted },
  'mint by bearer': { method: 'POST', path: () => '/v1/tickets', body: { ...minted, binding: 'bearer' } },
  'look by cookie': { path: () => ticketOf(byCookie), headers: cookie },
  'look by bearer': { path: () => ticketOf(byBearer), headers: bearer },
  'open the ticket’s page': { path: () => `${ticketOf(byCookie)}/page`, headers: cookie },
  'answer on the ticket’s page': {
    method: 'POST',
    path: () => `${ticketOf(answered)}/page`,
    headers: () => ({ cookie: answered.secretHeaders['cookie'] ?? '' }),
    body: 'answer=not_me',
  },
  'scan by page session': {
    method: 'POST',
    path: () => '/v1/scans',
    headers: () => ({ cookie: phoneCookie }),
    body: { scan_code: 'x' },
  },
  pretend: { method: 'POST', path: () => '/demo/phone', body: 'name=bob' },
  'sign out of the page': { method: 'POST', path: () => '/phone/sign-out', body: 'everywhere=' },
  'sign out of sessions': { method: 'POST', path: () => '/oauth/logout/sessions', body: 'sids=x' },
  'go to the plain page': { path: () => '/plain?client_id=demo' },
  'answer readable': { path: () => ticketOf(byBearer), headers: bearer, shown: allowed },
  'preflight allowed': { method: 'OPTIONS', path: () => ticketOf(byBearer), shown: allowed },
};

/** Each row origins (and a `Host` where that matters), each column a `Sec-Fetch-Site` in the order of {@link SITES}. */
const ANSWERS: Readonly<Record<string, string>> = {
  'mint by cookie': `
    none: 201 201 201 400 400 400
    public, lan at lan: 201 201 201 201 201 201
    lan at public, client, other, stranger, null: 400 400 400 400 400 400
  `,
  'mint by bearer': `
    none: 201 201 201 400 400 400
    public, lan at lan, client: 201 201 201 201 201 201
    lan at public, other, stranger, null: 400 400 400 400 400 400
  `,
  'look by cookie': `
    none: 404 200 404 404 404 404
    public, lan at lan: 200 200 200 200 404 200
    lan at public, client, other, stranger, null: 404 404 404 404 404 404
  `,
  'look by bearer': `
    none, public, lan at lan, client: 200 200 200 200 200 200
    lan at public, other, stranger, null: 404 404 404 404 404 404
  `,
  'open the ticket’s page': `
    none, public, lan, client, other, stranger, null: 200 200 200 200 404 404
  `,
  'answer on the ticket’s page': `
    none: 303 303 303 404 404 303
    public, lan at lan: 303 303 303 303 404 303
    lan at public, client, other, stranger: 404 404 404 404 404 404
    null: 404 303 404 404 404 404
  `,
  'scan by page session': `
    none: 401 404 401 401 401 401
    public, lan at lan: 404 404 404 404 401 404
    lan at public, client, other, stranger, null: 401 401 401 401 401 401
  `,
  pretend: `
    none: 303 303 303 400 400 303
    public, lan at lan: 303 303 303 303 400 303
    lan at public, client, other, stranger: 400 400 400 400 400 400
    null: 400 303 400 400 400 400
  `,
  'sign out of the page': `
    none: 200 200 200 400 400 200
    public, lan at lan: 200 200 200 200 400 200
    lan at public, client, other, stranger: 400 400 400 400 400 400
    null: 400 200 400 400 400 400
  `,
  'sign out of sessions': `
    none: 200 200 200 400 400 200
    public, lan at lan: 200 200 200 200 400 200
    lan at public, client, other, stranger: 400 400 400 400 400 400
    null: 400 200 400 400 400 400
  `,
  'go to the plain page': `
    none, public, lan, client, other, stranger, null: 303 303 303 303 200 303
  `,
  'answer readable': `
    none, lan, stranger, null: no no no no no no
    public, client, other: yes yes yes yes yes yes
  `,
  'preflight allowed': `
    none, lan, stranger, null: no no no no no no
    public, client, other: yes yes yes yes yes yes
  `,
  'watch a session': `
    none, public, lan at lan, client: yes yes yes yes yes yes
    lan at public, other, stranger, null: no no no no no no
  `,
  'socket by cookie': `
    none: 400 told 400 400 400 400
    public: told told told told 4401 told
    lan, client, other, stranger, null: 400 400 400 400 400 400
  `,
  'socket by bearer': `
    none, public, client: told told told told told told
    lan, stranger, null: 400 400 400 400 400 400
    other: 4401 4401 4401 4401 4401 4401
  `,
  'socket by message': `
    none, public, client: told told told told told told
    lan, stranger, null: 400 400 400 400 400 400
    other: 4401 4401 4401 4401 4401 4401
  `,
};

async function ask(kind: Kind, headers: Headers): Promise<string> {
  const { method = 'GET', body, shown = ({ statusCode }) => String(statusCode) } = kind;
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const type = typeof body === 'object' ? 'application/json' : 'application/x-www-form-urlencoded';
  return await new Promise((resolve, reject) => {
    const sent = { ...kind.headers?.(), ...headers, ...(text === undefined ? {} : { 'content-type': type }) };
    const req = httpRequest(edge.url + kind.path(), { method, headers: sent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(shown(answer)));
    });
    req.on('error', reject);
    req.end(text);
  });
}

/** The status of a handshake that was refused, else `told` or the code of the close. */
async function socket(ticket: Minted, headers: Headers, message?: string): Promise<string> {
  return await new Promise((resolve) => {
    const address = `${edge.url.replace('http', 'ws')}${ticketOf(ticket)}/socket`;
    const opened = new WebSocket(address, 'scangate.v1', { headers });
    opened.on('unexpected-response', (_req, answer) => {
      answer.destroy();
      resolve(String(answer.statusCode));
    });
    opened.on('open', () => message !== undefined && opened.send(message));
    opened.on('message', () => {
      resolve('told');
      opened.terminate();
    });
    opened.on('close', (code) => resolve(String(code)));
    opened.on('error', () => undefined);
  });
}

const SOCKETS: Readonly<Record<string, (headers: Headers) => Promise<string>>> = {
  'socket by cookie': (headers) => socket(byCookie, { ...cookie(), ...headers }),
  'socket by bearer': (headers) => socket(byBearer, { ...bearer(), ...headers }),
  'socket by message': (headers) => socket(byBearer, headers, JSON.stringify({ bearer: byBearer.secret })),
};

async function tableOf(answerTo: (headers: Headers) => Promise<string>): Promise<string> {
  const named = new Map<string, string[]>();
  const note = (cells: string, name: string): unknown =>
    named.get(cells)?.push(name) ?? named.set(cells, [name]);
  for (const [name, origin] of Object.entries(ORIGINS)) {
    const rows: string[] = [];
    for (const host of Object.values(HOSTS)) {
      const asked = { host, ...(origin === undefined ? {} : { origin }) };
      const cells = SITES.map((site) =>
        answerTo({ ...asked, ...(site === undefined ? {} : { 'sec-fetch-site': site }) }),
      );
      rows.push((await Promise.all(cells)).join(' '));
    }
    const [atPublic = '', atLan = ''] = rows;
    if (atPublic === atLan) note(atPublic, name);
    else {
      note(atPublic, `${name} at public`);
      note(atLan, `${name} at lan`);
    }
  }
  return [...named].map(([cells, names]) => `${names.join(', ')}: ${cells}`).join('\n');
}

const trimmed = (text = ''): string => text.trim().replaceAll(/\n +/g, '\n');

test.each(Object.keys(KINDS))('who may %s', async (name) => {
  const kind = KINDS[name];
  if (kind === undefined) throw new Error(name);
  expect(await tableOf((headers) => ask(kind, headers))).toBe(trimmed(ANSWERS[name]));
});

test('who may watch a session', async () => {
  const registry = {
    find: (id: string) =>
      [testClient(), testClient({ client_id: 'other' })].find((one) => one.client_id === id),
    learn: () => Promise.resolve(),
    isClientOrigin: () => true,
  };
  const admit = sessionGate({
    access: {
      shown: () => Promise.resolve({ claims: { sid: 's', client_id: 'app' } }),
    } as unknown as AccessCheck,
    clients: registry,
    origins: new Origins(new URL('http://localhost:8080'), registry),
    presenter: {} as Present<SessionNotice>,
  });
  const table = await tableOf(async (headers) => {
    const asked = {
      sid: 's',
      transport: 'poll',
      shown: undefined,
      after: undefined,
      address: undefined,
    } as const;
    const found = await admit({ ...asked, headers });
    return found === undefined ? 'no' : 'yes';
  });
  expect(table).toBe(trimmed(ANSWERS['watch a session']));
});

test.each(Object.keys(SOCKETS))('who may open a %s', async (name) => {
  const open = SOCKETS[name];
  if (open === undefined) throw new Error(name);
  expect(await tableOf(open)).toBe(trimmed(ANSWERS[name]));
});

test('a link of another host of our domain opens the plain page, its redirect included', async () => {
  const headers = {
    'sec-fetch-site': 'same-site',
    'sec-fetch-dest': 'document',
    'sec-fetch-mode': 'navigate',
  };
  const opened = await fetch(`${edge.url}/plain?client_id=demo`, { headers, redirect: 'manual' });
  expect(opened.status).toBe(303);
  const cookies = opened.headers.getSetCookie().map((line) => line.split(';')[0]);
  const next = `${edge.url}${opened.headers.get('location') ?? ''}`;
  const shown = await fetch(next, { headers: { ...headers, cookie: cookies.join('; ') } });
  expect([shown.status, await shown.text()]).toEqual([200, expect.stringContaining('class="code"')]);
});
