/** The command-line sample of @openid/appauth: an app of this machine, with PKCE and a loopback redirect. */
import { BaseTokenRequestHandler } from '@openid/appauth/built/token_request_handler.js';
import { AuthorizationNotifier } from '@openid/appauth/built/authorization_request_handler.js';
import { AuthorizationRequest } from '@openid/appauth/built/authorization_request.js';
import { AuthorizationServiceConfiguration } from '@openid/appauth/built/authorization_service_configuration.js';
import { NodeBasedHandler } from '@openid/appauth/built/node_support/node_request_handler.js';
import { NodeCrypto } from '@openid/appauth/built/node_support/crypto_utils.js';
import { NodeRequestor } from '@openid/appauth/built/node_support/node_requestor.js';
import { TokenRequest } from '@openid/appauth/built/token_request.js';

const { GATEWAY, PORT, CLIENT_ID } = process.env;
const redirect_uri = `http://127.0.0.1:${PORT}`;
const requestor = new NodeRequestor();
const configuration = await AuthorizationServiceConfiguration.fetchFromIssuer(GATEWAY, requestor);
const tokens = new BaseTokenRequestHandler(requestor);
const say = (value) => console.log(`ended ${JSON.stringify(value)}`);

async function redeem(request, { code }) {
  let answer = await tokens.performTokenRequest(
    configuration,
    new TokenRequest({
      client_id: CLIENT_ID,
      redirect_uri,
      grant_type: 'authorization_code',
      code,
      extras: { code_verifier: request.internal.code_verifier },
    }),
  );
  if (process.env.REFRESH) {
    const { refreshToken: refresh_token } = answer;
    const again = { client_id: CLIENT_ID, redirect_uri, grant_type: 'refresh_token', refresh_token };
    answer = await tokens.performTokenRequest(configuration, new TokenRequest(again));
  }
  const headers = { Authorization: `Bearer ${answer.accessToken}` };
  say(await requestor.xhr({ url: configuration.userInfoEndpoint, method: 'GET', dataType: 'json', headers }));
}

const notifier = new AuthorizationNotifier();
notifier.setAuthorizationListener((request, response, error) => {
  if (error) say({ error: error.error });
  else redeem(request, response).catch((problem) => say({ error: problem.message }));
});
const handler = new NodeBasedHandler(Number(PORT));
handler.setAuthorizationNotifier(notifier);
handler.performAuthorizationRequest(
  configuration,
  new AuthorizationRequest(
    {
      client_id: CLIENT_ID,
      redirect_uri,
      scope: 'openid profile offline_access',
      response_type: 'code',
      extras: { prompt: 'consent', access_type: 'offline' },
    },
    new NodeCrypto(),
  ),
);
