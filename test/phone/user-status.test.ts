import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { freePort } from '../support/child.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Minted, Scanned, Tokens } from '../support/signin.ts';

/** The company's directory: says who is locked, or nothing at all. */
class Directory {
  locked = false;
  away = false;
  asked: string[] = [];
  readonly #server: Server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      this.asked.push(`${req.method} ${req.headers.authorization} ${body}`);
      if (this.away) res.writeHead(500).end();
      else res.end(JSON.stringify({ status: this.locked ? 'locked' : 'active' }));
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/status`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const directory = new Directory();
let gateway: Gateway;
let admin: string;

beforeAll(async () => {
  const env = {
    SCANGATE_USER_STATUS_URL: await directory.start(),
    SCANGATE_USER_STATUS_TOKEN: 'directory-token',
    SCANGATE_USER_STATUS_CACHE: 'PT0S',
    SCANGATE_UPSTREAM_FAILURES: '1000',
  };
  admin = `127.0.0.1:${await freePort()}`;
  gateway = await startGateway({ env: { ...env, SCANGATE_ADMIN_LISTEN: admin } });
});

afterAll(async () => {
  await gateway?.stop();
  directory.stop();
});

beforeEach(() => {
  directory.locked = false;
  directory.away = false;
});

interface Stage {
  readonly ticket: Minted;
  readonly scanned?: Scanned;
  readonly code?: string;
  readonly tokens?: Tokens;
}

const STEPS = {
  scan: async ({ ticket }: Stage): Promise<Answer<unknown>> => scan(gateway.url, readScanCode(ticket.notice)),
  confirm: async ({ scanned }: Stage): Promise<Answer<unknown>> =>
    confirm(gateway.url, scanned ?? { ticket_id: '', handshake: '' }),
  redeem: async ({ ticket, code = '' }: Stage): Promise<Answer<unknown>> => redeem(gateway.url, ticket, code),
  refresh: async ({ tokens }: Stage): Promise<Answer<unknown>> =>
    call(`${gateway.url}/oauth/token`, {
      form: { grant_type: 'refresh_token', client_id: 'demo', refresh_token: tokens?.refresh_token },
    }),
} as const;
type Step = keyof typeof STEPS;

/** Goes on with a sign-in up to, and without, one step. */
async function before(step: Step): Promise<Stage> {
  const ticket = await mint(gateway.url, { scope: 'openid offline_access' });
  if (step === 'scan') return { ticket };
  const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
  if (step === 'confirm') return { ticket, scanned };
  expectStatus(await confirm(gateway.url, scanned), 200);
  const code = expectStatus(await look(ticket), 200).result?.code ?? '';
  if (step === 'redeem') return { ticket, scanned, code };
  return { ticket, scanned, code, tokens: expectStatus(await redeem(gateway.url, ticket, code), 200) };
}

describe.each(Object.keys(STEPS) as Step[])('at %s', (step) => {
  test('a user who was locked gets nothing', async () => {
    const stage = await before(step);
    directory.locked = true;
    const answer = await STEPS[step](stage);
    const refusal = answer.body as Record<string, unknown>;
    expect([answer.status, refusal['code'] ?? refusal['error']]).toEqual(
      step === 'scan' || step === 'confirm' ? [401, 'phone_unknown'] : [400, 'invalid_grant'],
    );
    expect(answer.text).not.toContain('token"');
  });

  test('a directory that is away is no yes: 503, nothing used up, and it goes on afterwards', async () => {
    const stage = await before(step);
    directory.away = true;
    const answer = await STEPS[step](stage);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    directory.away = false;
    expect((await STEPS[step](stage)).status).toBe(step === 'scan' ? 201 : 200);
  });
});

test('a locked user’s session is ended by its refresh', async () => {
  const { tokens } = await before('refresh');
  directory.locked = true;
  await STEPS.refresh({ ticket: {} as Minted, ...(tokens === undefined ? {} : { tokens }) });
  directory.locked = false;
  const headers = { authorization: `Bearer ${tokens?.access_token}` };
  expect((await call(`${gateway.url}/oauth/userinfo`, { headers })).status).toBe(401);
});

test('the directory is told who it is about, by POST and with its token, and the metric says how it is', async () => {
  directory.asked = [];
  await STEPS.scan(await before('scan'));
  const body = '{"source":"demo","issuer":"demo","subject":"alice"}';
  expect(directory.asked).toEqual([`POST Bearer directory-token ${body}`]);
  const metrics = await call(`http://${admin}/metrics`);
  expect(metrics.text).toContain('scangate_upstream_open{upstream="user_status"} 0');
  expect(gateway.output().stdout + gateway.output().stderr).not.toContain('directory-token');
});
