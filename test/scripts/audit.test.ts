import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';

const SCRIPT = resolve(import.meta.dirname, '../../scripts/audit.mjs');

/** What stands in front of the gateway and weakens it: may change a request's headers and its answer, or answer itself. */
interface Weakness {
  readonly asks?: (headers: OutgoingHttpHeaders, url: string) => string | undefined;
  readonly answers?: (answer: Changed, req: IncomingMessage) => void;
}
interface Changed {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string;
}

const LONG = process.env['SCANGATE_TEST_LONG'] !== undefined;
const REFUSED_BYTES = 1_000_000;

let folder: TemporaryFolder;
let warm: Warm;
let gateway: WarmGateway;
/** What the front passes requests on to. */
let behind: WarmGateway;
let front: Server;
let address: string;
let weakness: Weakness = {};

beforeAll(async () => {
  folder = await temporaryFolder();
  front = createServer((req, res) => {
    const headers: OutgoingHttpHeaders = { ...req.headers };
    const url = weakness.asks?.(headers, req.url ?? '') ?? req.url;
    const asked = request({ port: behind.port, method: req.method, path: url, headers, agent: false });
    asked.on('response', (answer) => {
      const changed: Changed = { status: answer.statusCode ?? 0, headers: { ...answer.headers }, body: '' };
      answer.setEncoding('utf8').on('data', (data: string) => (changed.body += data));
      answer.on('end', () => {
        weakness.answers?.(changed, req);
        delete changed.headers['content-length'];
        res.writeHead(changed.status, changed.headers).end(changed.body);
      });
    });
    asked.on('error', () => res.destroy());
    if (Number(headers['content-length'] ?? 0) < REFUSED_BYTES) req.pipe(asked);
    else {
      // The gateway refuses by the length alone and closes: what is sent after that may tear its answer away.
      asked.flushHeaders();
      req.resume();
    }
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
  address = `http://localhost:${(front.address() as AddressInfo).port}`;
  const clients = join(folder.path, 'clients.json');
  await writeFile(
    clients,
    JSON.stringify([{ client_id: 'app', redirect_uris: ['https://app.example/back'] }]),
  );
  warm = startWarm();
  gateway = await warm.gateway({
    SCANGATE_PUBLIC_URL: address,
    SCANGATE_CLIENTS_FILE: clients,
    SCANGATE_LIMITS: 'on',
    SCANGATE_TOKENS_PER_MINUTE: '60',
    SCANGATE_MINTS_PER_MINUTE: '1000',
    SCANGATE_PHONE_IDENTITY: 'jwt',
    SCANGATE_PHONE_JWT_ISSUER: 'https://id.example',
    SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
    SCANGATE_PHONE_JWT_JWKS: 'https://id.example/keys',
  });
  behind = gateway;
});

afterEach(() => {
  weakness = {};
});

afterAll(async () => {
  front.closeAllConnections();
  front.close();
  await warm?.stop();
  await folder.remove();
});

interface Found {
  readonly checks: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly says: readonly string[];
  }[];
  readonly weaknesses: readonly { readonly check: string; readonly says: string }[];
}

async function run(...more: readonly string[]): Promise<{ readonly status: number; readonly text: string }> {
  const child = spawn(process.execPath, [SCRIPT, '--url', address, '--client', 'app', ...more]);
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  child.stderr.on('data', (data: Buffer) => (text += data.toString()));
  const [status] = (await once(child, 'close')) as [number];
  return { status, text };
}

const { audit } = (await import(new URL('../../scripts/audit/audit.mjs', import.meta.url).href)) as {
  readonly audit: (options: object) => Promise<Found>;
};

async function weaknessesOf(more: object = {}): Promise<readonly string[]> {
  const { weaknesses } = await audit({ url: address, client: 'app', ...more });
  return weaknesses.map(({ check, says }) => `${check}: ${says}`);
}

test('this build is found without a weakness, and what was not looked at is said', async () => {
  const { status, text } = await run();
  expect(text).toMatch(/No weakness was found\.\n$/);
  expect(text.match(/skipped/g)).toHaveLength(2);
  expect(status).toBe(0);
});

/** Takes a header away, or changes it. */
const header =
  (name: string, value?: string) =>
  ({ headers }: Changed): void => {
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  };
const cookie =
  (change: (line: string) => string) =>
  ({ headers }: Changed): void => {
    const lines = headers['set-cookie'];
    if (Array.isArray(lines)) headers['set-cookie'] = lines.map(change);
  };
const at =
  (path: RegExp, change: (answer: Changed, req: IncomingMessage) => void) =>
  (answer: Changed, req: IncomingMessage): void => {
    if (path.test(req.url ?? '')) change(answer, req);
  };
const found = (answer: Changed): void => void (answer.status = 200);

const WEAKNESSES: readonly (readonly [RegExp, Weakness])[] = [
  [/^headers: .*content-security-policy is missing/, { answers: header('content-security-policy') }],
  [/^headers: .*nosniff|x-content-type-options is missing/, { answers: header('x-content-type-options') }],
  [/^headers: .*permissions-policy is weakened/, { answers: header('permissions-policy', 'camera=*') }],
  [/^headers: .*opener-policy is missing/, { answers: header('cross-origin-opener-policy') }],
  [/^headers: x-powered-by|^headers: .*x-powered-by tells/, { answers: header('x-powered-by', 'Express') }],
  [/^cookies: .*HttpOnly/, { answers: cookie((line) => line.replace(/; HttpOnly/i, '')) }],
  [/^cookies: .*SameSite/, { answers: cookie((line) => line.replace(/; SameSite=\w+/i, '; SameSite=None')) }],
  [/^cookies: .*Domain/, { answers: cookie((line) => `${line}; Domain=example.com`) }],
  [/^origins: .*any origin/, { answers: header('access-control-allow-origin', '*') }],
  [
    /^origins: .*foreign origin mints/,
    { asks: (headers) => void (delete headers['origin'], delete headers['sec-fetch-site']) },
  ],
  [
    /^uniform: .*a wrong secret is told|^uniform: .*foreign secret/,
    {
      answers: at(
        /v1\/tickets\/(?!A{22})/,
        (answer) => void (answer.status === 404 && (answer.status = 403)),
      ),
    },
  ],
  [
    /^urls: links\.events holds/,
    {
      answers: at(
        /v1\/tickets$/,
        (answer) => void (answer.body = answer.body.replace(/\/events"/, '/events?bearer=x"')),
      ),
    },
  ],
  [
    /^urls: a secret in the query/,
    {
      asks: (headers, url) => {
        const secret = /\?bearer=([^&]+)/.exec(url)?.[1];
        if (secret !== undefined) headers['authorization'] = `Bearer ${secret}`;
        return url.split('?bearer')[0];
      },
    },
  ],
  [/^limits: a body of 2 MB/, { answers: (answer) => void (answer.status === 413 && (answer.status = 400)) }],
  [/^exposed: \/metrics/, { answers: at(/^\/metrics/, found) }],
  [/^exposed: \/docs/, { answers: at(/^\/docs/, found) }],
  [/^phones: .*demo/, { answers: at(/^\/v1\/scans/, (answer) => void (answer.status = 404)) }],
  [
    /^discovery: the issuer/,
    {
      answers: at(
        /openid-configuration/,
        (answer) => void (answer.body = answer.body.replace('"issuer":"', '"issuer":"https://x.example/')),
      ),
    },
  ],
  [/^clock: .*away/, { answers: header('date', new Date(Date.now() - 300_000).toUTCString()) }],
];

/** All of these at one time. */
function together(all: readonly Weakness[]): Weakness {
  return {
    asks: (headers, url) => all.reduce((now, { asks }) => asks?.(headers, now) ?? now, url),
    answers: (answer, req) => all.forEach(({ answers }) => answers?.(answer, req)),
  };
}

/** One at a time with `npm test -- --long`; else all of them, none of which hides another. */
const PLAYED = LONG ? WEAKNESSES.map((one) => [one]) : [WEAKNESSES];

test.each(PLAYED.map((played) => [played.map(([named]) => named), played] as const))(
  'weaknesses are named: %s',
  async (names, played) => {
    weakness = together(played.map(([, weak]) => weak));
    const told = await weaknessesOf();
    expect(names.filter((named) => !told.some((line) => named.test(line)))).toEqual([]);
  },
);

/** What an attacker, or a broken clock, makes of a token. */
function withClaims(change: (claims: { iat: number; exp: number }) => void): Weakness {
  const changed = (token: string): string => {
    const [head, payload = '', mac] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number; exp: number };
    change(claims);
    return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), mac].join('.');
  };
  const answers = at(/^\/oauth\/token/, (answer) => {
    const body = JSON.parse(answer.body) as Record<string, string>;
    for (const name of ['access_token', 'id_token'])
      if (body[name] !== undefined) body[name] = changed(body[name]);
    answer.body = JSON.stringify(body);
  });
  return { answers };
}

test('where there are demo phones, the times in tokens are held against the clock', async () => {
  behind = await warm.gateway({ SCANGATE_PUBLIC_URL: address, SCANGATE_MINTS_PER_MINUTE: '1000' });
  const redirect = `${address}/demo/callback`;
  const clock = async (weak: Weakness): Promise<readonly string[]> => {
    weakness = weak;
    const { checks } = await audit({ url: address, redirect });
    return checks.find(({ name }) => name === 'clock')?.says ?? [];
  };
  try {
    expect(await clock({})).toEqual([]);
    const late = (claims: { iat: number; exp: number }): void => {
      claims.iat -= 690;
      claims.exp -= 690;
    };
    expect(await clock(withClaims(late))).toContainEqual(
      expect.stringMatching(/^access_token: iat is 6[89]\d s away/),
    );
    const endless = await clock(withClaims((claims) => void (claims.exp += 86_400)));
    expect(endless).toEqual([expect.stringMatching(/^access_token: it ends 87000 s after iat/)]);
    const over = await clock(withClaims((claims) => void (claims.exp = claims.iat)));
    expect(over).toContain('access_token: exp is not after iat');
  } finally {
    await behind.stop();
    behind = gateway;
  }
});

test('where a scan is kept away in front, what phones there are is not guessed', async () => {
  for (const status of [403, 503]) {
    weakness = { answers: at(/^\/v1\/scans/, (answer) => void (answer.status = status)) };
    const { checks } = await audit({ url: address, client: 'app' });
    expect(checks.find(({ name }) => name === 'phones')?.outcome).toBe('skipped');
  }
});

test('with --flood limits that do not hold are found', async () => {
  expect(await weaknessesOf({ flood: true })).toEqual([]);
  weakness = { answers: (answer) => void (answer.status === 429 && (answer.status = 400)) };
  expect(await weaknessesOf({ flood: true })).toEqual([
    'limits: 1,000 token requests a minute are not limited',
  ]);
});

test('what is known and wanted is accepted, and an open operators’ listener is found', async () => {
  weakness = { answers: at(/^\/metrics/, found) };
  const said = await run('--json');
  expect([said.status, (JSON.parse(said.text) as Found).weaknesses]).toEqual([
    1,
    [{ check: 'exposed', says: '/metrics is open to everyone' }],
  ]);
  expect(await weaknessesOf({ accept: ['exposed'] })).toEqual([]);
  weakness = {};
  const open = createServer((_req, res) => res.end('x')).listen(0, '127.0.0.1');
  await once(open, 'listening');
  const { port } = open.address() as AddressInfo;
  expect((await weaknessesOf({ admin: `127.0.0.1:${port}` }))[0]).toMatch(
    /^exposed: the operators' listener answers/,
  );
  open.close();
});

test('a call that is none, and a gateway that is not there, are not a finding', async () => {
  for (const bad of [['--url', 'nowhere'], ['--what'], ['--url', 'http://127.0.0.1:1']])
    expect((await run(...bad)).status).toBe(2);
});
