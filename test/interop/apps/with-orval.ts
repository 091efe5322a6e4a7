/** A sign-in by the functions that orval made of the document. */
import { createHash, randomBytes } from 'node:crypto';
import { confirm, mintTicket, scan, token, userInfo, watchTicketByPoll } from './api/api';

const gateway = process.env['GATEWAY'] ?? '';
const redirect_uri = `${gateway}/demo/callback`;
const code_verifier = randomBytes(32).toString('base64url');
const code_challenge = createHash('sha256').update(code_verifier).digest('base64url');
const phone = { headers: { authorization: 'Bearer demo-ada' } };

const minted = await mintTicket({
  client_id: 'demo',
  redirect_uri,
  binding: 'bearer',
  code_challenge,
  code_challenge_method: 'S256',
});
if (minted.status !== 201 || minted.data.scan === undefined) throw new Error(JSON.stringify(minted.data));
const { ticket_id: id, cursor, browser_secret } = minted.data;

const scan_code = new URL(minted.data.scan.url).pathname.slice('/s/'.length);
const scanned = await scan({ scan_code }, phone);
if (scanned.status !== 201) throw new Error(JSON.stringify(scanned.data));
await confirm(id, { handshake: scanned.data.handshake }, phone);

const headers = { authorization: `Bearer ${browser_secret}` };
const told = await watchTicketByPoll(id, { after: cursor, wait: 5 }, { headers });
if (told.status !== 200) throw new Error(JSON.stringify(told.data));
const { result } = told.data;
if (result === undefined || !('code' in result)) throw new Error('no code');

const tokens = await token({
  grant_type: 'authorization_code',
  code: result.code,
  code_verifier,
  redirect_uri,
  client_id: 'demo',
});
if (tokens.status !== 200) throw new Error(JSON.stringify(tokens.data));
const authorization = `Bearer ${tokens.data.access_token}`;
console.log(JSON.stringify((await userInfo({ headers: { authorization } })).data));
