/** @auth/core with an OpenID Connect provider as its documentation writes one. */
import { createServer } from 'node:http';
import { Auth } from '@auth/core';

const { GATEWAY, HERE, PORT, CLIENT_ID, CLIENT_SECRET } = process.env;
let problem = {};

const config = {
  basePath: '/auth',
  trustHost: true,
  secret: 'a secret of this test',
  providers: [
    {
      id: 'scangate',
      name: 'Scangate',
      type: 'oidc',
      issuer: GATEWAY,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
    },
  ],
  callbacks: {
    jwt: ({ token, profile }) => (profile === undefined ? token : { ...token, subject: profile.sub }),
    session: ({ session, token }) => ({ ...session, sub: token.subject }),
  },
  // What the gateway said is told to the debug log alone; the visitor comes back to the sign-in page with a code of Auth.js.
  debug: true,
  logger: {
    error: (error) => console.error(error),
    warn: () => {},
    debug: (message, details) => {
      if (message === 'OAuthCallbackError') problem = details;
    },
  },
};

async function answer(request, response) {
  if (!request.url.startsWith('/auth')) {
    response.end(JSON.stringify(request.url === '/problem' ? problem : {}));
    if (request.url === '/problem') problem = {}; // told once
    return;
  }
  const body = [];
  for await (const part of request) body.push(part);
  const said = await Auth(
    new Request(new URL(request.url, HERE), {
      method: request.method,
      headers: Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ...(request.method === 'POST' && { body: Buffer.concat(body) }),
    }),
    config,
  );
  response.statusCode = said.status;
  for (const [name, value] of said.headers) if (name !== 'set-cookie') response.setHeader(name, value);
  response.setHeader('set-cookie', said.headers.getSetCookie());
  response.end(Buffer.from(await said.arrayBuffer()));
}

createServer((request, response) => void answer(request, response)).listen(Number(PORT), '127.0.0.1', () =>
  console.log('listening'),
);
