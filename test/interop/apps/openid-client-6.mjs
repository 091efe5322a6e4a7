/** The sample of openid-client 6's README: a confidential client, with PKCE, state and nonce. */
import * as client from 'openid-client';
import { CALLBACK, CLIENT_ID, CLIENT_SECRET, GATEWAY, HERE, serve } from './web.mjs';

const execute = [client.allowInsecureRequests]; // http, on this machine
const config = await client.discovery(new URL(GATEWAY), CLIENT_ID, CLIENT_SECRET, undefined, { execute });

serve({
  async '/login'(session) {
    session.checks = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
    };
    return client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid profile offline_access',
      code_challenge: await client.calculatePKCECodeChallenge(session.checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: session.checks.expectedState,
      nonce: session.checks.expectedNonce,
    });
  },
  async '/callback'(session, url) {
    session.tokens = await client.authorizationCodeGrant(config, url, session.checks);
    session.user = await client.fetchUserInfo(
      config,
      session.tokens.access_token,
      session.tokens.claims().sub,
    );
    return '/';
  },
  async '/refresh'(session) {
    session.tokens = await client.refreshTokenGrant(config, session.tokens.refresh_token);
    return session.tokens.claims();
  },
  '/logout': ({ tokens }) =>
    client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: `${HERE}/`,
    }),
});
