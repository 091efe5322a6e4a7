/* The sign-in page: starts the embeddable client with what the server wrote into the page. */
import type * as Client from '../client/client.ts';
import { encodeBase64url } from '../client/base64url.ts';
import { browserPlatform } from '../client/browser-platform.ts';

declare const Scangate: typeof Client;

const STATE_BYTES = 16;

const target = document.getElementById('sign-in');
if (target) {
  const read = (name: string): string => target.getAttribute('data-' + name) ?? '';
  const challenge = read('code-challenge');
  const own = challenge === '';
  const state = read('state') || (own ? encodeBase64url(browserPlatform().randomBytes(STATE_BYTES)) : '');
  const optional = {
    ...(state ? { state } : {}),
    ...(read('scope') ? { scope: read('scope') } : {}),
    ...(read('nonce') ? { nonce: read('nonce') } : {}),
    ...(own ? {} : { codeChallenge: challenge }),
  };
  Scangate.render(target, { clientId: read('client-id'), redirectUri: read('redirect-uri'), ...optional });
}
