import type { Cancel } from './platform.ts';

/** How the element looks: as the page does (`auto`), or as it is told. */
export type Theme = 'light' | 'dark' | 'auto';

function systemQuery(): MediaQueryList | undefined {
  return typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : undefined;
}

/** Runs whenever the system turns dark or light, at once. */
export function onSystemTheme(run: () => void): Cancel {
  const query = systemQuery();
  // The younger addEventListener is missing in Safari 13.
  query?.addListener(run);
  return () => query?.removeListener(run);
}

/** The schemes that the page says it has: `color-scheme` where the element stands, else the page's `meta`. */
function schemesAt(element: Element): string {
  const style = getComputedStyle(element) as CSSStyleDeclaration | null;
  const own = style?.getPropertyValue('color-scheme') ?? '';
  if (own !== '' && own !== 'normal') return own;
  return document.querySelector('meta[name="color-scheme"]')?.getAttribute('content') ?? '';
}

/** `light` or `dark`. A page that does not say that it can be dark is light, whatever the system is. */
export function themeAt(element: Element, asked: string | undefined): 'light' | 'dark' {
  if (asked === 'light' || asked === 'dark') return asked;
  const schemes = ' ' + schemesAt(element) + ' ';
  if (schemes.indexOf(' dark ') < 0) return 'light';
  return schemes.indexOf(' light ') < 0 || systemQuery()?.matches ? 'dark' : 'light';
}
