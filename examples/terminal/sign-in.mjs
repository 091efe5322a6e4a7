/** Signs a user in to a program without a browser (RFC 8628), and waits by SSE in place of polling. */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { encodeQR } from 'qr';

const gateway = process.env['GATEWAY'] ?? 'http://localhost:8080';
const client = { client_id: 'example-terminal' };

async function post(path, form) {
  const answer = await fetch(`${gateway}${path}`, { method: 'POST', body: new URLSearchParams(form) });
  return await answer.json();
}

/** The states of a ticket, as the gateway tells them. */
async function* statesOf(device) {
  const headers = { authorization: `Bearer ${device.device_code}`, accept: 'text/event-stream' };
  const answer = await fetch(device.links.events, { headers });
  if (!answer.ok || answer.body === null) throw new Error(`the gateway answered ${answer.status}`);
  for await (const line of createInterface({ input: Readable.fromWeb(answer.body) }))
    if (line.startsWith('data:')) yield JSON.parse(line.slice('data:'.length)).status;
}

async function whenDecided(device) {
  for (;;) {
    for await (const status of statesOf(device)) {
      if (status === 'scanned') console.log('Scanned: look at your phone.');
      if (status !== 'pending' && status !== 'scanned') return status;
    }
  }
}

const device = await post('/oauth/device_authorization', { ...client, scope: 'openid profile' });
if (device.error) throw new Error(device.error_description ?? device.error);
console.log(encodeQR(device.verification_uri_complete, 'ascii'));
console.log(`Scan this, or open ${device.verification_uri} and type ${device.user_code}.`);

const status = await whenDecided(device);
if (status !== 'confirmed') {
  console.log(`Not signed in: ${status}.`);
  process.exit(1);
}
const tokens = await post('/oauth/token', {
  ...client,
  grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
  device_code: device.device_code,
});
if (tokens.error) throw new Error(tokens.error_description ?? tokens.error);
const headers = { authorization: `Bearer ${tokens.access_token}` };
const user = await (await fetch(`${gateway}/oauth/userinfo`, { headers })).json();
console.log(`Hello, ${user.name ?? user.sub}!`);
