import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { WebSocket } from 'ws';
import { startEdge } from '../http/fixture.ts';
import { call, expectStatus } from '../support/call.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { at, cancel, look, mint } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { until } from '../support/until.ts';

type Line = Readonly<Record<string, unknown>>;

const ENDED = 'a held connection ended';
const UPGRADE = 'an upgrade was refused';
const PHONE = 'a phone was refused';

/** The gateway's lines so far that say this. */
function linesOf(gateway: Gateway, msg: string): Line[] {
  return gateway
    .output()
    .stdout.split('\n')
    .filter((line) => line.includes(msg))
    .map((line) => JSON.parse(line) as Line);
}

/** The one line of an ending that is about this ticket. */
async function endingOf(gateway: Gateway, { ticketId }: Minted, transport: string): Promise<Line> {
  const mine = (): Line[] =>
    linesOf(gateway, ENDED).filter((line) => line['subject'] === `ticket:${ticketId}`);
  await until(() => mine().some((line) => line['transport'] === transport));
  const lines = mine().filter((line) => line['transport'] === transport);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 'debug', req: expect.any(String) });
  return lines[0] ?? {};
}

/** Opens a stream, and waits for its first bytes. Answers what ends it. */
async function stream(gateway: Gateway, ticket: Minted, query = ''): Promise<() => void> {
  return await new Promise((resolve, reject) => {
    const req = get(`${at(gateway.url, ticket.links.events)}${query}`, { headers: ticket.secretHeaders });
    req.on('response', (res) => {
      res.once('data', () => resolve(() => req.destroy()));
      res.on('error', () => undefined);
    });
    req.on('error', reject);
  });
}

async function socket(gateway: Gateway, ticket: Minted, message?: string): Promise<number> {
  return await new Promise((resolve) => {
    const address = at(gateway.url, ticket.links.socket).replace(/^http/, 'ws');
    const opened = new WebSocket(address, 'scangate.v1');
    opened.on('open', () => message !== undefined && opened.send(message));
    opened.on('close', (code) => resolve(code));
  });
}

describe('at debug', () => {
  let gateway: Gateway;
  let ticket: Minted;
  beforeAll(async () => {
    gateway = await startGateway({
      env: {
        SCANGATE_LOG_LEVEL: 'debug',
        SCANGATE_WATCHERS_PER_TICKET: '1',
        SCANGATE_SOCKET_SECRET_WAIT: 'PT3S',
      },
    });
  });
  afterAll(() => gateway?.stop());

  const fresh = async (): Promise<Minted> => {
    ticket = await mint(gateway.url, { binding: 'bearer' });
    return ticket;
  };
  const cursorOf = async (): Promise<string> => expectStatus(await look(ticket, gateway.url), 200).cursor;
  const poll = (query: string): ReturnType<typeof call> =>
    call(`${at(gateway.url, ticket.links.poll)}?${query}`, { headers: ticket.secretHeaders });

  test('a stream: the outcome was told, the cursor is the end, the client went', async () => {
    await stream(gateway, await fresh());
    await cancel(ticket, gateway.url);
    expect(await endingOf(gateway, ticket, 'sse')).toMatchObject({ why: 'outcome_told' });

    await cancel(await fresh(), gateway.url);
    const events = `${at(gateway.url, ticket.links.events)}?after=${await cursorOf()}`;
    expect((await call(events, { headers: ticket.secretHeaders })).status).toBe(204);
    expect(await endingOf(gateway, ticket, 'sse')).toMatchObject({ why: 'cursor_is_the_end' });

    const leave = await stream(gateway, await fresh());
    leave();
    expect(await endingOf(gateway, ticket, 'sse')).toMatchObject({ why: 'client_went' });
  });

  test('the bound per ticket, and whose request it was', async () => {
    await stream(gateway, await fresh());
    const headers = { ...ticket.secretHeaders, 'x-request-id': 'the-second' };
    expect((await call(`${at(gateway.url, ticket.links.poll)}?wait=1`, { headers })).status).toBe(429);
    const line = await endingOf(gateway, ticket, 'poll');
    expect(line).toMatchObject({ why: 'bound_per_subject', req: 'the-second' });
  });

  test('a poll: a state or the outcome was told, nothing was new', async () => {
    await fresh();
    expect((await poll('wait=0')).status).toBe(200);
    expect(await endingOf(gateway, ticket, 'poll')).toMatchObject({ why: 'state_told' });
    await fresh();
    expect((await poll(`wait=0&after=${await cursorOf()}`)).status).toBe(204);
    expect(await endingOf(gateway, ticket, 'poll')).toMatchObject({ why: 'nothing_new' });
    await cancel(await fresh(), gateway.url);
    expect((await poll('wait=0')).status).toBe(200);
    expect(await endingOf(gateway, ticket, 'poll')).toMatchObject({ why: 'outcome_told' });
  });

  test.each([
    ['no first message', undefined, 4408, 'no_first_message'],
    ['a first message that is none', 'hello', 4400, 'bad_first_message'],
    ['a secret of nobody', JSON.stringify({ bearer: 'x' }), 4401, 'not_yours'],
  ])('a socket: %s', async (_name, message, code, why) => {
    expect(await socket(gateway, await fresh(), message)).toBe(code);
    expect(await endingOf(gateway, ticket, 'socket')).toMatchObject({ why });
  });

  test('an upgrade that was refused, once', async () => {
    const address = `${at(gateway.url, (await fresh()).links.socket).replace(/^http/, 'ws')}?after=nonsense`;
    const opened = new WebSocket(address, 'scangate.v1', { headers: { 'x-request-id': 'bad-cursor' } });
    await new Promise((resolve) => opened.on('error', resolve));
    const mine = (): Line[] => linesOf(gateway, UPGRADE).filter((line) => line['req'] === 'bad-cursor');
    await until(() => mine().length > 0);
    expect(mine()).toEqual([
      expect.objectContaining({
        level: 'debug',
        transport: 'socket',
        why: 'invalid_request',
        field: 'after',
      }),
    ]);
  });

  test('a phone that was refused: no credential, another’s, a page session of another page', async () => {
    const pretended = await call(`${gateway.url}/demo/phone`, { form: { name: 'alice' } });
    const cookie = pretended.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const expected = {
      none: [{}, 'no credential'],
      bad: [{ authorization: 'Bearer nonsense' }, 'demo: the bearer is not "demo-" and a name'],
      foreign: [
        { cookie, origin: 'https://evil.example' },
        'a page session, but from a site of the kind foreign',
      ],
      forged: [
        { cookie: `${cookie}x`, 'sec-fetch-site': 'same-origin' },
        'demo: the page session is forged, or sealed with a key that is gone',
      ],
    } as const;
    for (const [id, [headers, why]] of Object.entries(expected)) {
      const sent = { ...headers, 'x-request-id': `phone-${id}` };
      expectStatus(await call(`${gateway.url}/v1/scans`, { headers: sent, json: { scan_code: 'x' } }), 401);
      const mine = (): Line[] => linesOf(gateway, PHONE).filter((line) => line['req'] === `phone-${id}`);
      await until(() => mine().length > 0);
      expect(mine()).toEqual([expect.objectContaining({ level: 'debug', why: [why] })]);
    }
    expect(gateway.output().stdout).not.toContain('nonsense"');
    expect(gateway.output().stdout).not.toContain(cookie.split('=')[1]);
  });

  test('the node went', async () => {
    await stream(gateway, await fresh());
    gateway.signal('SIGTERM');
    expect(await endingOf(gateway, ticket, 'sse')).toMatchObject({ why: 'drain' });
    expect(gateway.output().stdout).not.toContain(ticket.secret);
  });
});

test('at debug, a native app’s JWT and a stream’s life', async () => {
  const folder = await temporaryFolder();
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const { privateKey: other } = await generateKeyPair('ES256');
  const keys = join(folder.path, 'jwks.json');
  writeFileSync(
    keys,
    JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] }),
  );
  const clients = join(folder.path, 'clients.json');
  const row = { client_id: 'app', client_name: 'App', redirect_uris: ['https://app.example/back'] };
  writeFileSync(clients, JSON.stringify({ clients: [row] }));
  const gateway = await startGateway({
    env: {
      SCANGATE_LOG_LEVEL: 'debug',
      SCANGATE_PHONE_IDENTITY: 'jwt',
      SCANGATE_PHONE_JWT_ISSUER: 'https://id.example',
      SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
      SCANGATE_PHONE_JWT_JWKS: keys,
      SCANGATE_CLIENTS_FILE: clients,
      SCANGATE_SSE_LIFE_MIN: 'PT0.3S',
      SCANGATE_SSE_LIFE_MAX: 'PT0.4S',
    },
  });
  const sign = (key = privateKey, audience = 'scangate', expires = '1h', issuer = 'https://id.example') =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(issuer)
      .setSubject('ada')
      .setAudience(audience)
      .setExpirationTime(expires)
      .sign(key);
  try {
    const expected = {
      expired: [await sign(privateKey, 'scangate', '-1h'), 'jwt: expired'],
      audience: [await sign(privateKey, 'elsewhere'), 'jwt: wrong aud'],
      signature: [await sign(other), 'jwt: bad signature'],
      issuer: [
        await sign(privateKey, 'scangate', '1h', 'https://other.example'),
        'jwt: the credential is no JWT of https://id.example',
      ],
    } as const;
    for (const [id, [token, why]] of Object.entries(expected)) {
      const headers = { authorization: `Bearer ${token}`, 'x-request-id': `jwt-${id}` };
      expectStatus(await call(`${gateway.url}/v1/scans`, { headers, json: { scan_code: 'x' } }), 401);
      const mine = (): Line[] => linesOf(gateway, PHONE).filter((line) => line['req'] === `jwt-${id}`);
      await until(() => mine().length > 0);
      expect(mine()).toEqual([expect.objectContaining({ level: 'debug', why: [why] })]);
      expect(gateway.output().stdout).not.toContain(token.split('.')[2]);
    }
    const ticket = await mint(gateway.url, { clientId: 'app', redirectUri: undefined, binding: 'bearer' });
    await stream(gateway, ticket);
    expect(await endingOf(gateway, ticket, 'sse')).toMatchObject({ why: 'life_over' });
  } finally {
    await gateway.stop();
    await folder.remove();
  }
});

test('at info, nothing of it', async () => {
  const edge = await startEdge();
  try {
    const ticket = await mint(edge.url, { clientId: 'app', redirectUri: undefined, binding: 'bearer' });
    expectStatus(await call(`${edge.url}/v1/scans`, { json: { scan_code: 'x' } }), 401);
    const poll = `${at(edge.url, ticket.links.poll)}?wait=0`;
    expectStatus(await call(poll, { headers: ticket.secretHeaders }), 200);
    await until(() => edge.lines.filter((line) => line.includes('/poll')).length > 0);
    expect(edge.lines.filter((line) => !line.includes('"msg":"request"'))).toEqual([]);
  } finally {
    await edge.stop();
  }
});
