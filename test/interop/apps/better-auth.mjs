/** better-auth with its generic OAuth plugin as its documentation writes it. */
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { genericOAuth } from 'better-auth/plugins';

const { GATEWAY, HERE, PORT, CLIENT_ID, CLIENT_SECRET } = process.env;
const kept = { user: [], session: [], account: [], verification: [] };

const auth = betterAuth({
  baseURL: HERE,
  secret: 'a secret of this test, which is long enough',
  database: memoryAdapter(kept),
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: 'scangate',
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          discoveryUrl: `${GATEWAY}/.well-known/openid-configuration`,
          scopes: ['openid', 'profile', 'email'],
        },
      ],
    }),
  ],
});
const handle = toNodeHandler(auth);

/** What a page of the application does by its client library: asks for the address, and goes there. */
async function signIn(response) {
  const answer = await auth.api.signInWithOAuth2({
    body: { providerId: 'scangate', callbackURL: `${HERE}/`, errorCallbackURL: `${HERE}/problem` },
    asResponse: true,
  });
  const { url } = await answer.json();
  response.writeHead(302, { location: url, 'set-cookie': answer.headers.getSetCookie() }).end();
}

async function userOf(request) {
  const found = await auth.api.getSession({ headers: new Headers({ cookie: request.headers.cookie ?? '' }) });
  const account = kept.account.find(({ userId }) => userId === found?.user.id);
  return found === null ? {} : { sub: account?.accountId, email: found.user.email };
}

async function answer(request, response) {
  const { pathname, search } = new URL(request.url, HERE);
  if (pathname.startsWith('/api/auth')) return await handle(request, response);
  if (pathname === '/login') return await signIn(response);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(pathname === '/' ? await userOf(request) : { problem: search }));
}

createServer((request, response) => void answer(request, response)).listen(Number(PORT), '127.0.0.1', () =>
  console.log('listening'),
);
