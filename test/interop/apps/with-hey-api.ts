/** A sign-in by the client that hey-api made of the document. */
import { createHash, randomBytes } from 'node:crypto';
import { client } from './api/client.gen';
import { confirm, mintTicket, scan, token, userInfo, watchTicketByPoll } from './api/sdk.gen';

const gateway = process.env['GATEWAY'] ?? '';
const redirect_uri = `${gateway}/demo/callback`;
const code_verifier = randomBytes(32).toString('base64url');
const code_challenge = createHash('sha256').update(code_verifier).digest('base64url');
const phone = { authorization: 'Bearer demo-ada' };
client.setConfig({ baseUrl: gateway });

const minted = await mintTicket({
  body: { client_id: 'demo', redirect_uri, binding: 'bearer', code_challenge, code_challenge_method: 'S256' },
});
if (minted.data?.scan === undefined) throw new Error(JSON.stringify(minted.error));
const { ticket_id: id, cursor, browser_secret } = minted.data;

const scan_code = new URL(minted.data.scan.url).pathname.slice('/s/'.length);
const scanned = await scan({ body: { scan_code }, headers: phone });
if (scanned.data === undefined) throw new Error(JSON.stringify(scanned.error));
const { handshake } = scanned.data;
await confirm({ path: { id }, body: { handshake }, headers: phone });

const told = await watchTicketByPoll({
  path: { id },
  query: { after: cursor, wait: 5 },
  headers: { authorization: `Bearer ${browser_secret}` },
});
const result = told.data?.result;
if (result === undefined || !('code' in result)) throw new Error(`no code: ${JSON.stringify(told.error)}`);

const tokens = await token({
  body: {
    grant_type: 'authorization_code',
    code: result.code,
    code_verifier,
    redirect_uri,
    client_id: 'demo',
  },
});
if (tokens.data === undefined) throw new Error(JSON.stringify(tokens.error));
const headers = { authorization: `Bearer ${tokens.data.access_token}` };
console.log(JSON.stringify((await userInfo({ headers })).data));
