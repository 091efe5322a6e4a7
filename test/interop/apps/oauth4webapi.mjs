/** The samples of oauth4webapi: a public client, with PKCE, state and nonce. */
import * as oauth from 'oauth4webapi';
import { CALLBACK, CLIENT_ID, GATEWAY, HERE, serve } from './web.mjs';

const issuer = new URL(GATEWAY);
const http = { [oauth.allowInsecureRequests]: true }; // on this machine
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));
const client = { client_id: CLIENT_ID };
const authentication = oauth.None();

serve({
  async '/login'(session) {
    session.verifier = oauth.generateRandomCodeVerifier();
    session.state = oauth.generateRandomState();
    session.nonce = oauth.generateRandomNonce();
    const address = new URL(server.authorization_endpoint);
    const parameters = {
      client_id: CLIENT_ID,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid profile offline_access',
      code_challenge: await oauth.calculatePKCECodeChallenge(session.verifier),
      code_challenge_method: 'S256',
      state: session.state,
      nonce: session.nonce,
    };
    for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
    return address;
  },
  async '/callback'(session, url) {
    const parameters = oauth.validateAuthResponse(server, client, url, session.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      parameters,
      CALLBACK,
      session.verifier,
      http,
    );
    session.tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: session.nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(server, response, http);
    session.user = oauth.getValidatedIdTokenClaims(session.tokens);
    return '/';
  },
  async '/refresh'(session) {
    const token = session.tokens.refresh_token;
    const response = await oauth.refreshTokenGrantRequest(server, client, authentication, token, http);
    session.tokens = await oauth.processRefreshTokenResponse(server, client, response);
    return oauth.getValidatedIdTokenClaims(session.tokens);
  },
  '/logout'({ tokens }) {
    const address = new URL(server.end_session_endpoint);
    address.searchParams.set('id_token_hint', tokens.id_token);
    address.searchParams.set('post_logout_redirect_uri', `${HERE}/`);
    return address;
  },
});
