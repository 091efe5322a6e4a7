/** A sign-in, told by the types that openapi-typescript made of the document. */
import { createHash, randomBytes } from 'node:crypto';
import createClient from 'openapi-fetch';
import type { paths } from './api/api.js';

const gateway = process.env['GATEWAY'] ?? '';
const redirect_uri = `${gateway}/demo/callback`;
const code_verifier = randomBytes(32).toString('base64url');
const code_challenge = createHash('sha256').update(code_verifier).digest('base64url');
const phone = { authorization: 'Bearer demo-ada' };
const api = createClient<paths>({ baseUrl: gateway });

const minted = await api.POST('/v1/tickets', {
  body: { client_id: 'demo', redirect_uri, binding: 'bearer', code_challenge, code_challenge_method: 'S256' },
});
if (minted.data?.scan === undefined) throw new Error(JSON.stringify(minted.error));
const { ticket_id: id, cursor, browser_secret } = minted.data;

const scan_code = new URL(minted.data.scan.url).pathname.slice('/s/'.length);
const scanned = await api.POST('/v1/scans', { body: { scan_code }, headers: phone });
if (scanned.data === undefined) throw new Error(scanned.error.code);
const { handshake } = scanned.data;
const params = { path: { id } };
await api.POST('/v1/tickets/{id}/confirm', { params, body: { handshake }, headers: phone });

const told = await api.GET('/v1/tickets/{id}/poll', {
  params: { path: { id }, query: { after: cursor, wait: 5 } },
  headers: { authorization: `Bearer ${browser_secret}` },
});
const result = told.data?.result;
if (result === undefined || !('code' in result)) throw new Error(`no code: ${told.response.status}`);

const tokens = await api.POST('/oauth/token', {
  body: {
    grant_type: 'authorization_code',
    code: result.code,
    code_verifier,
    redirect_uri,
    client_id: 'demo',
  },
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  bodySerializer: (body) => new URLSearchParams(body as Record<string, string>),
});
if (tokens.data === undefined) throw new Error(tokens.error.error);
const authorization = `Bearer ${tokens.data.access_token}`;
const user = await api.GET('/oauth/userinfo', { headers: { authorization } });
console.log(JSON.stringify(user.data));
