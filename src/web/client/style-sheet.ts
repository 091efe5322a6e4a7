import { styles } from './scan-login.css';

/**
 * Styles a root without an inline style, which a strict Content-Security-Policy forbids: a constructed sheet where there
 * are such, else a link to the gateway's own.
 */
export function applyStyles(root: ShadowRoot | HTMLElement, assets: string): void {
  if ('adoptedStyleSheets' in root && typeof CSSStyleSheet === 'function') {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      root.adoptedStyleSheets = [sheet];
      return;
    } catch {
      // Safari had the property before the constructor.
    }
  }
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = assets + 'client.css';
  root.appendChild(link);
}
