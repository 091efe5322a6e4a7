/** next-auth 4 with an OpenID Connect provider as its documentation writes one, in Express in place of Next.js. */
import express from 'express';
import nextAuth from 'next-auth';

const NextAuth = nextAuth.default; // it is CommonJS
const { GATEWAY, PORT, CLIENT_ID, CLIENT_SECRET } = process.env;
let problem = {};

const options = {
  secret: 'a secret of this test',
  providers: [
    {
      id: 'scangate',
      name: 'Scangate',
      type: 'oauth',
      wellKnown: `${GATEWAY}/.well-known/openid-configuration`,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      idToken: true,
      authorization: { params: { scope: 'openid profile' } },
      profile: ({ sub, name }) => ({ id: sub, name }),
    },
  ],
  callbacks: {
    session: ({ session, token }) => ({ ...session, sub: token.sub }),
  },
  logger: {
    error: (code, details) => {
      const error = details instanceof Error ? details : details?.error;
      console.error(code, error);
      problem = { code, error: error?.message };
    },
  },
};

const app = express();
app.use(express.urlencoded({ extended: false }));
app.all('/api/auth/*path', (request, response) => {
  const [, , , ...path] = request.path.split('/');
  const cookies = Object.fromEntries(
    (request.headers.cookie ?? '').split('; ').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
    }),
  );
  const query = { ...request.query, nextauth: path };
  Object.defineProperties(request, { query: { value: query }, cookies: { value: cookies } });
  return NextAuth(request, response, options);
});
app.get('/problem', (_request, response) => {
  response.json(problem);
  problem = {}; // told once
});
app.get('/', (_request, response) => response.json({}));
app.listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
