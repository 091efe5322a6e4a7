/* The sign-in page: starts the embeddable client with what the server wrote into the page. */
import type * as Client from '../client/client.ts';
import { originOf } from '../client/address.ts';
import { encodeBase64url } from '../client/base64url.ts';
import { browserPlatform } from '../client/browser-platform.ts';
import { goingBack, sendForm } from './ending/going-back.ts';

declare const Scangate: typeof Client;

const STATE_BYTES = 16;
const LOOPBACK = /^https?:\/\/(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?$/;

type OnState = NonNullable<Client.RenderOptions['onState']>;

/** Asks in the client's name, or in the page's own, which then makes the challenge and the state. */
function start(target: HTMLElement, read: (name: string) => string, onState: OnState): Client.SignIn {
  const [challenge, request] = [read('code-challenge'), read('request')];
  const own = challenge === '' && request === '';
  const state = read('state') || (own ? encodeBase64url(browserPlatform().randomBytes(STATE_BYTES)) : '');
  const optional = {
    ...(state ? { state } : {}),
    ...(read('scope') ? { scope: read('scope') } : {}),
    ...(read('nonce') ? { nonce: read('nonce') } : {}),
    ...(challenge ? { codeChallenge: challenge } : {}),
    ...(request ? { request } : {}),
    sealed: read('sealed') !== '',
  };
  const addresses = { clientId: read('client-id'), redirectUri: read('redirect-uri') };
  return Scangate.render(target, { ...addresses, ...optional, onState });
}

/** The verifier is kept for an address of this very origin, so a page on another name of the gateway could not end. */
function sendElsewhere(page: string, here: string): void {
  if (LOOPBACK.test(originOf(page)) && LOOPBACK.test(here)) {
    location.replace(page);
    return;
  }
  const note = document.getElementById('elsewhere');
  const link = note?.querySelector('a');
  if (!note || !link) return;
  link.href = page;
  link.textContent = page.replace(/\/$/, '');
  note.hidden = false;
}

const target = document.getElementById('sign-in');
if (target) {
  const read = (name: string): string => target.getAttribute('data-' + name) ?? '';
  const here = browserPlatform().origin;
  const back = originOf(read('redirect-uri'));
  const own = read('code-challenge') === '' && read('request') === '';
  const hint = document.getElementById('this-computer');
  if (own && back !== '' && back !== here) {
    sendElsewhere(read('redirect-uri').replace(/demo\/callback$/, ''), here);
  } else {
    const goBack = own ? undefined : goingBack(document.getElementById('going-back'));
    const signIn = start(target, read, (state) => {
      goBack?.(state);
      sendForm(state);
      if (hint) hint.hidden = !own || !LOOPBACK.test(here) || state.status !== 'pending';
    });
    // Who comes back by the back button to a sign-in that is done wants another one.
    window.addEventListener('pageshow', (event) => {
      if (event.persisted && signIn.state().status === 'confirmed') signIn.renew();
    });
  }
}
