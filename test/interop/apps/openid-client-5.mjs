/** The sample of openid-client 5's README: a confidential client, with PKCE, state and nonce. */
import { Issuer, generators } from 'openid-client';
import { CALLBACK, CLIENT_ID, CLIENT_SECRET, GATEWAY, HERE, serve } from './web.mjs';

const issuer = await Issuer.discover(GATEWAY);
const client = new issuer.Client({
  client_id: CLIENT_ID,
  client_secret: CLIENT_SECRET,
  redirect_uris: [CALLBACK],
  response_types: ['code'],
});

serve({
  '/login'(session) {
    session.checks = {
      code_verifier: generators.codeVerifier(),
      state: generators.state(),
      nonce: generators.nonce(),
    };
    return client.authorizationUrl({
      scope: 'openid profile offline_access',
      code_challenge: generators.codeChallenge(session.checks.code_verifier),
      code_challenge_method: 'S256',
      state: session.checks.state,
      nonce: session.checks.nonce,
    });
  },
  async '/callback'(session, url) {
    const parameters = client.callbackParams(url.pathname + url.search);
    session.tokens = await client.callback(CALLBACK, parameters, session.checks);
    session.user = await client.userinfo(session.tokens);
    return '/';
  },
  async '/refresh'(session) {
    session.tokens = await client.refresh(session.tokens);
    return session.tokens.claims();
  },
  '/logout': ({ tokens }) =>
    client.endSessionUrl({ id_token_hint: tokens, post_logout_redirect_uri: `${HERE}/` }),
});
