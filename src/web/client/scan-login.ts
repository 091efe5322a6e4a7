import type { SignInResult } from './notice.ts';
import { followResult } from './follow.ts';
import { render, type RenderOptions } from './render.ts';
import type { SignInState } from './sign-in-state.ts';
import type { SignIn } from './sign-in.ts';

/** `detail` of the events `scangate-result`; cancel the event to handle the result yourself. */
export interface ResultDetail {
  readonly result: SignInResult;
  /** The PKCE verifier, unless the page gave a `code-challenge` of its own. */
  readonly verifier: string | undefined;
}

const ATTRIBUTES = {
  gateway: 'gateway',
  redirectUri: 'redirect-uri',
  scope: 'scope',
  state: 'state',
  nonce: 'request-nonce',
  codeChallenge: 'code-challenge',
  assets: 'assets',
  theme: 'theme',
  sealed: 'sealed',
} as const;

/** A sign-in's options as an element's attributes give them. */
function optionsOf(element: HTMLElement): RenderOptions {
  const options: Record<string, string> = { clientId: element.getAttribute('client-id') ?? '' };
  (Object.keys(ATTRIBUTES) as (keyof typeof ATTRIBUTES)[]).forEach((key) => {
    const value = element.getAttribute(ATTRIBUTES[key]);
    if (value) options[key] = value;
  });
  return { ...options, sealed: element.hasAttribute('sealed') } as unknown as RenderOptions;
}

function dispatch(element: HTMLElement, name: string, detail: ResultDetail | SignInState): boolean {
  const event = new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable: true });
  return element.dispatchEvent(event);
}

/**
 * Defines `<scan-login client-id=… redirect-uri=… scope=… state=… theme=…>` where there are custom elements. It tells
 * `scangate-state` ({@link SignInState}) and `scangate-result` ({@link ResultDetail}) as events.
 */
export function defineScanLogin(): void {
  if (typeof customElements === 'undefined' || customElements.get('scan-login')) return;
  class ScanLogin extends HTMLElement {
    private signIn: SignIn | undefined;

    connectedCallback(): void {
      const options = optionsOf(this);
      if (!options.clientId) console.error('Scangate: <scan-login> has no client-id');
      this.signIn = render(this, {
        ...options,
        onState: (state) => void dispatch(this, 'scangate-state', state),
        onResult: (result, verifier) => {
          const handled = !dispatch(this, 'scangate-result', { result, verifier });
          if (!handled && options.redirectUri) followResult(result, verifier);
        },
      });
    }

    disconnectedCallback(): void {
      this.signIn?.stop();
    }

    /** Starts over with a new code. */
    renew(): void {
      this.signIn?.renew();
    }
  }
  customElements.define('scan-login', ScanLogin);
}
