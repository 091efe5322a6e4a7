import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { call } from '../support/call.ts';
import type { Gateway } from '../support/gateway.ts';
import { mint, readScanCode } from '../support/signin.ts';
import type { Minted } from '../support/signin.ts';
import { startWechat } from '../support/wechat.ts';
import type { OutageCase } from './redis-outages.ts';

/** Stand-ins for all that a gateway asks about its users. */
export interface Upstreams {
  /** The gateway's settings. */
  readonly env: Readonly<Record<string, string>>;
  /** What may happen to each, once a gateway runs with these settings. */
  casesOf(gateway: () => Gateway): readonly OutageCase[];
  stop(): Promise<void>;
}

const ISSUER = 'https://app.example';
const AUDIENCE = 'scangate';

/** Starts them. */
export async function startUpstreams(): Promise<Upstreams> {
  const wechat = await startWechat();
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }];
  const away = new Set<string>();
  const server = createServer((req, res) => {
    const path = req.url?.split('?')[0] ?? '';
    const base = `http://${req.headers.host}`;
    const answers: Readonly<Record<string, object>> = {
      '/jwks': { keys },
      '/status': { status: 'active' },
      '/.well-known/openid-configuration': {
        issuer: base,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        jwks_uri: `${base}/jwks`,
      },
    };
    const status = away.has(path) ? 503 : 200;
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answers[path] ?? {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const jwt = (audience: string): Promise<string> =>
    new SignJWT({ iss: ISSUER, aud: audience, sub: 'u1' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setExpirationTime('1m')
      .sign(privateKey);

  function casesOf(gateway: () => Gateway): readonly OutageCase[] {
    const ticket = (): Promise<Minted> =>
      mint(gateway().url, { clientId: 'shop', redirectUri: undefined, scope: 'openid' });
    const scan = async (audience = AUDIENCE): Promise<void> => {
      const json = { scan_code: readScanCode((await ticket()).notice) };
      await call(`${gateway().url}/v1/scans`, {
        headers: { authorization: `Bearer ${await jwt(audience)}` },
        json,
      });
    };
    const scene = async (): Promise<void> => {
      const { links, secretHeaders } = await ticket();
      await call(`${links.self}/wechat`, { headers: secretHeaders });
    };
    const start = async (): Promise<void> => {
      const answer = await fetch(`${gateway().url}/phone/oidc/start`, { redirect: 'manual' });
      await answer.arrayBuffer();
    };
    const breaks = (outage: string, path: string, use: () => Promise<void>): OutageCase => ({
      outage,
      cause: 'server_error',
      begin: async () => {
        away.add(path);
        await use();
      },
      end: async () => {
        away.delete(path);
        await use();
      },
      isOthers: true,
    });
    return [
      breaks('keys', '/jwks', scan),
      breaks('user_status', '/status', scan),
      breaks('oidc', '/.well-known/openid-configuration', start),
      {
        outage: 'phone_jwt',
        cause: 'audience',
        begin: () => scan('someone else'),
        end: () => scan(),
        isOthers: true,
      },
      {
        outage: 'wechat_account',
        cause: 'refused_by_wechat',
        begin: async () => {
          wechat.state.refuse = 40164;
          await scene();
        },
        end: async () => {
          wechat.state.refuse = undefined;
          await scene();
        },
        isOthers: true,
      },
    ];
  }

  return {
    env: {
      SCANGATE_PHONE_IDENTITY: 'jwt,oidc,wechat',
      SCANGATE_PHONE_JWT_ISSUER: ISSUER,
      SCANGATE_PHONE_JWT_AUDIENCE: AUDIENCE,
      SCANGATE_PHONE_JWT_JWKS: `${base}/jwks`,
      SCANGATE_PHONE_OIDC_ISSUER: base,
      SCANGATE_PHONE_OIDC_CLIENT_ID: 'scangate',
      SCANGATE_PHONE_OIDC_CLIENT_SECRET: 'oidc-secret',
      SCANGATE_PHONE_WECHAT_APP_ID: 'wxaccount',
      SCANGATE_PHONE_WECHAT_APP_SECRET: 'account-secret',
      SCANGATE_PHONE_WECHAT_CALLBACK_TOKEN: 'callback-token',
      SCANGATE_PHONE_WECHAT_API: wechat.address,
      SCANGATE_USER_STATUS_URL: `${base}/status`,
      SCANGATE_USER_STATUS_CACHE: 'PT0S',
      SCANGATE_UPSTREAM_REST: 'PT0.1S',
      SCANGATE_CLIENTS_FILE: fileURLToPath(new URL('../phone/clients.json', import.meta.url)),
    },
    casesOf,
    stop: async () => {
      server.close();
      await wechat.close();
    },
  };
}
