import { browserPlatform } from './browser-platform.ts';
import { followResult } from './follow.ts';
import type { SignInOptions } from './sign-in-options.ts';
import { gatewayOf, startSignInOn, type SignIn } from './sign-in.ts';
import { complain } from './state-texts.ts';
import { applyStyles } from './style-sheet.ts';
import type { Theme } from './theme.ts';
import { startView } from './view.ts';

/** What {@link render} takes: a sign-in's options, and how it looks. */
export interface RenderOptions extends SignInOptions {
  /** `en`, `zh-CN`, `zh-TW`, `ja`, `ko`, `es`, `de` or `fr`; the closest `lang` attribute's, else the browser's, when missing. */
  readonly language?: string;
  /** `auto` when missing: dark where the page's own `color-scheme` is. */
  readonly theme?: Theme;
  /** Where `client.css` is for browsers without constructed style sheets; the gateway's `/assets/` when missing. */
  readonly assets?: string;
}

function languageOf(element: HTMLElement): string {
  for (let node: HTMLElement | null = element; node; node = node.parentElement)
    if (node.lang) return node.lang;
  return navigator.language || '';
}

/**
 * Shows a sign-in inside an element, and starts it. With `redirectUri` and no `onResult` of its own, it follows
 * `redirect_to` once the user has confirmed.
 *
 * @returns the sign-in; `stop()` also takes its picture away.
 */
export function render(element: HTMLElement, options: RenderOptions): SignIn {
  const platform = browserPlatform();
  const gateway = gatewayOf(platform, options);
  let root: ShadowRoot | HTMLElement = element;
  if (typeof element.attachShadow === 'function')
    root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
  applyStyles(root, options.assets ?? gateway + '/assets/');
  let signIn: SignIn | undefined;
  const language = options.language ?? languageOf(element);
  const looks = { language, theme: options.theme, around: element };
  const view = startView(root, looks, () => signIn);
  signIn = startSignInOn(platform, {
    ...options,
    onState(state) {
      view.show(state);
      complain(state);
      options.onState?.(state);
    },
    onResult(result, verifier) {
      if (options.onResult) options.onResult(result, verifier);
      else if (options.redirectUri) followResult(result, verifier);
    },
  });
  const running = signIn;
  return {
    ...running,
    stop() {
      running.stop();
      view.stop();
    },
  };
}
