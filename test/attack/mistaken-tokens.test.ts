import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT, decodeProtectedHeader, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';
import * as oauth from 'oauth4webapi';
import { KeyHolder } from '../oauth/key-holder.ts';
import { call, expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { temporaryFolder } from '../support/folder.ts';
import type { TemporaryFolder } from '../support/folder.ts';
import { startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { confirm, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import type { Tokens } from '../support/signin.ts';
import { until } from '../support/until.ts';

const CALLBACK = 'http://localhost:3000/callback';
const insecure = { [oauth.allowInsecureRequests]: true };
const KINDS = ['id', 'access', 'refresh', 'logout', 'proof', 'code', 'device'] as const;
type Kind = (typeof KINDS)[number];

let gateway: Gateway;
let folder: TemporaryFolder;
let key: CryptoKey;
let tokens: Readonly<Record<Kind, string>>;
const told: string[] = [];
/** Where clients are told that a session is over. */
const client = createServer((request, response) => {
  let body = '';
  request.on('data', (data: Buffer) => (body += data.toString('utf8')));
  request.on('end', () => {
    told.push(new URLSearchParams(body).get('logout_token') ?? '');
    response.end();
  });
});

beforeAll(async () => {
  await new Promise<void>((listening) => void client.listen(0, '127.0.0.1', listening));
  folder = await temporaryFolder();
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  const common = {
    redirect_uris: [CALLBACK],
    scope: 'openid offline_access',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  };
  const logout = `http://127.0.0.1:${(client.address() as AddressInfo).port}/logout`;
  const clients = [
    { ...common, client_id: 'app', backchannel_logout_uri: logout },
    { ...common, client_id: 'signer', jwks: { keys: [await exportJWK(pair.publicKey)] } },
  ];
  const file = join(folder.path, 'clients.json');
  writeFileSync(file, JSON.stringify(clients));
  gateway = await startGateway({ env: { SCANGATE_CLIENTS_FILE: file } });
  tokens = await oneOfEach();
});

afterAll(async () => {
  await gateway?.stop();
  client.closeAllConnections();
  client.close();
  await folder.remove();
});

async function confirmed(): Promise<{
  readonly code: string;
  readonly redeem: () => Promise<Answer<Tokens>>;
}> {
  const asked = { clientId: 'app', redirectUri: CALLBACK, scope: 'openid offline_access' };
  const ticket = await mint(gateway.url, asked);
  const scanned = expectStatus(await scan(gateway.url, readScanCode(ticket.notice)), 201);
  expectStatus(await confirm(gateway.url, scanned), 200);
  const code = (await look(ticket)).body.result?.code ?? '';
  return { code, redeem: () => redeem(gateway.url, ticket, code) };
}

async function oneOfEach(): Promise<Readonly<Record<Kind, string>>> {
  const ended = expectStatus(await (await confirmed()).redeem(), 200);
  const form = { client_id: 'app', token: ended.refresh_token };
  expectStatus(await call(`${gateway.url}/oauth/revoke`, { form }), 200);
  const kept = expectStatus(await (await confirmed()).redeem(), 200);
  const device = await call(`${gateway.url}/oauth/device_authorization`, { form: { client_id: 'app' } });
  await until(() => told.length > 0, { what: 'a logout token' });
  return {
    id: kept.id_token ?? '',
    access: kept.access_token,
    refresh: kept.refresh_token ?? '',
    logout: told[0] ?? '',
    proof: await (await KeyHolder.make()).proof('GET', `${gateway.url}/oauth/userinfo`),
    code: (await confirmed()).code,
    device: String(device.body['device_code']),
  };
}

test('each kind says what it is', () => {
  const typ = (kind: Kind): unknown => decodeProtectedHeader(tokens[kind]).typ;
  expect([typ('id'), typ('access'), typ('logout'), typ('proof')]).toEqual([
    'JWT',
    'at+jwt',
    'logout+jwt',
    'dpop+jwt',
  ]);
});

/** Every place that takes one of them: which kinds it takes, and how it is tried. Whatever it does to a session, comes last. */
const PLACES: readonly [string, readonly Kind[], (token: string, kind: Kind) => Promise<boolean>][] = [
  [
    'userinfo',
    ['access'],
    async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await call(`${gateway.url}/oauth/userinfo`, { headers })).status === 200;
    },
  ],
  [
    'introspection',
    ['access', 'refresh'],
    async (token) => {
      const form = { client_id: 'app', token };
      return (await call(`${gateway.url}/oauth/introspect`, { form })).body['active'] === true;
    },
  ],
  [
    'a client’s proof of itself',
    [],
    async (assertion) => {
      const form = {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
        token: 'x',
      };
      return (await call(`${gateway.url}/oauth/introspect`, { form })).status === 200;
    },
  ],
  [
    'the credential of a phone',
    [],
    async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await call(`${gateway.url}/v1/sessions`, { headers })).status === 200;
    },
  ],
  [
    'a ticket’s browser secret',
    ['device'],
    async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      const id = tokens.device.split('.')[0] ?? '';
      return (await call(`${gateway.url}/v1/tickets/${id}`, { headers })).status === 200;
    },
  ],
  [
    'an API that asks oauth4webapi',
    ['access'],
    async (token) => {
      const issuer = new URL(gateway.url);
      const found = await oauth.discoveryRequest(issuer, insecure);
      const server = await oauth.processDiscoveryResponse(issuer, found);
      const request = new Request(`${gateway.url}/api`, { headers: { authorization: `Bearer ${token}` } });
      const claims = oauth.validateJwtAccessToken(server, request, gateway.url, insecure);
      return await claims.then(
        () => true,
        () => false,
      );
    },
  ],
  [
    'the refresh grant',
    ['refresh'],
    async (token) => {
      const form = { grant_type: 'refresh_token', client_id: 'app', refresh_token: token };
      return (await call(`${gateway.url}/oauth/token`, { form })).status === 200;
    },
  ],
  [
    'the hint of a sign-out',
    ['id'],
    async (token) => {
      const answer = await call(`${gateway.url}/oauth/logout?id_token_hint=${token}`);
      return answer.status === 200;
    },
  ],
];

test.each(PLACES)('attack: %s takes no other kind of token', async (_place, right, takes) => {
  const taken: Kind[] = [];
  for (const kind of KINDS) if (await takes(tokens[kind], kind)) taken.push(kind);
  expect(taken).toEqual(right);
});

describe('attack: what a client signed for something else is no proof of itself', () => {
  async function proves(typ: string | undefined): Promise<boolean> {
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256', ...(typ === undefined ? {} : { typ }) })
      .setIssuer('signer')
      .setSubject('signer')
      .setAudience(gateway.url)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key);
    const form = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      token: 'x',
    };
    return (await call(`${gateway.url}/oauth/introspect`, { form })).status === 200;
  }

  test.each([undefined, 'JWT', 'jwt', 'client-authentication+jwt'])('%s is one', async (typ) => {
    expect(await proves(typ)).toBe(true);
  });

  test.each(['dpop+jwt', 'at+jwt', 'logout+jwt', 'oauth-authz-req+jwt', ''])('%p is none', async (typ) => {
    expect(await proves(typ)).toBe(false);
  });
});
