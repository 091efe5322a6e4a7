/** An Express app whose users sign in by scanning: to it, the gateway is an OpenID provider like any other. */
import { randomUUID } from 'node:crypto';
import express from 'express';
import * as client from 'openid-client';

const port = Number(process.env['PORT'] ?? 3002);
const gateway = new URL(process.env['GATEWAY'] ?? 'http://localhost:8080');
const secret = process.env['CLIENT_SECRET'] ?? 'change-this-secret-before-real-use';
const here = `http://localhost:${port}`;

// Plain http is for this example on one machine; without the option the library insists on https.
const plain = gateway.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {};
const config = await client.discovery(gateway, 'example-express', secret, undefined, plain);

/** What each browser is up to. A real app keeps this in its session store. */
const visits = new Map();

function visitOf(request, response) {
  const id = /visit=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
  const known = visits.get(id);
  if (known !== undefined) return known;
  const fresh = randomUUID();
  visits.set(fresh, {});
  response.cookie('visit', fresh, { httpOnly: true, sameSite: 'lax' });
  return visits.get(fresh);
}

const app = express();

app.get('/', (request, response) => {
  const { user } = visitOf(request, response);
  response.type('text/plain').send(user ? `Hello, ${user}!` : `You are not signed in: go to ${here}/sign-in`);
});

app.get('/sign-in', async (request, response) => {
  const visit = visitOf(request, response);
  visit.checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  };
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: `${here}/callback`,
    scope: 'openid profile',
    code_challenge: await client.calculatePKCECodeChallenge(visit.checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: visit.checks.expectedState,
    nonce: visit.checks.expectedNonce,
  });
  response.redirect(address.href);
});

app.get('/callback', async (request, response) => {
  const visit = visitOf(request, response);
  const { checks } = visit;
  delete visit.checks;
  if (checks === undefined) {
    response.status(400).type('text/plain').send('This sign-in was not begun here.');
    return;
  }
  const tokens = await client.authorizationCodeGrant(config, new URL(request.url, here), checks);
  const claims = tokens.claims();
  visit.user = claims.name ?? claims.sub;
  response.redirect('/');
});

app.listen(port, '127.0.0.1', () => console.log(`Open ${here}/`));
