import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { temporaryFolder } from '../../support/folder.ts';
import type { WarmGateway } from '../../support/warm.ts';
import { warmGateway } from '../at-a-gateway/warm-gateway.ts';

export const CALLBACK = 'https://rp.example/callback';
export const AFTER_LOGOUT = 'https://rp.example/bye';
export const SECRET = 'a-secret-of-32-characters-or-more';

/** What the phones' source knows of everyone, beside the name. */
export const PERSON = {
  picture: 'https://rp.example/ada.png',
  locale: 'en-GB',
  email: 'ada@example.com',
  email_verified: true,
  phone_number: '+44 20 7946 0000',
};

const PHONE_ISSUER = 'https://app.example';

/** A gateway with the clients that the plans ask for, phones that know their user, and who hears logout tokens. */
export interface Provider {
  readonly gateway: WarmGateway;
  /** A phone whose user signed in there so many seconds ago. */
  phone(sub: string, signedInAgoS?: number): Promise<Readonly<Record<string, string>>>;
  /** The logout tokens that came, the oldest first. */
  readonly logoutTokens: readonly string[];
  stop(): Promise<void>;
}

/** @param env settings over those that the plans need. */
export async function startProvider(
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Provider> {
  const folder = await temporaryFolder();
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwks = join(folder.path, 'jwks.json');
  writeFileSync(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }));
  const logoutTokens: string[] = [];
  const listener = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      res.end();
    });
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const clients = join(folder.path, 'clients.json');
  writeFileSync(clients, JSON.stringify(clientsOf(`http://127.0.0.1:${port}/backchannel_logout`)));
  const gateway = await warmGateway({
    SCANGATE_CLIENTS_FILE: clients,
    SCANGATE_PHONE_IDENTITY: 'jwt',
    SCANGATE_PHONE_JWT_ISSUER: PHONE_ISSUER,
    SCANGATE_PHONE_JWT_AUDIENCE: 'scangate',
    SCANGATE_PHONE_JWT_JWKS: jwks,
    ...env,
  });
  return {
    gateway,
    logoutTokens,
    async phone(sub, signedInAgoS = 0) {
      const claims = { ...PERSON, name: sub, auth_time: Math.floor(Date.now() / 1000) - signedInAgoS };
      const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).setIssuer(PHONE_ISSUER);
      const signed = jwt.setAudience('scangate').setSubject(sub).setExpirationTime('5m').sign(privateKey);
      return { authorization: `Bearer ${await signed}` };
    },
    async stop() {
      await gateway.stop();
      listener.close();
      await folder.remove();
    },
  };
}

/** The plans' clients send a state and mostly a nonce, and no PKCE. */
function clientsOf(backchannelLogoutUri: string): readonly object[] {
  const common = {
    redirect_uris: [CALLBACK, `${CALLBACK}?foo=bar`],
    post_logout_redirect_uris: [AFTER_LOGOUT],
    client_secret: SECRET,
    scope: 'openid profile email phone offline_access',
    scangate: { pkce: 'none' },
  };
  return [
    { ...common, client_id: 'first' },
    { ...common, client_id: 'second', backchannel_logout_uri: backchannelLogoutUri },
    { ...common, client_id: 'post', token_endpoint_auth_method: 'client_secret_post' },
  ];
}
