import type { PhoneApp } from '../../config/phone-app.ts';

/** What a page can offer of the operator's app on this phone. */
export interface AppLink {
  /** Opens it with the address that was scanned; undefined where that is not possible here. */
  readonly open: string | undefined;
  /** Where it is to be had. */
  readonly stores: readonly string[];
}

/**
 * How the app is opened on the phone of a `User-Agent`. A link to the page's own host does not leave the browser, so it is a
 * custom scheme, or an intent on Android.
 *
 * @param address the whole address that was scanned or opened.
 */
export function appLink({ ios, android }: PhoneApp, agent: string, address: string): AppLink {
  if (/iPhone|iPad|iPod/.test(agent)) return { open: filled(ios.link, address), stores: given(ios.store) };
  if (/Android/.test(agent)) {
    const [first] = android.packages;
    const open = filled(android.link, address) ?? (first && intent(first.name, android.store, address));
    return { open, stores: given(android.store) };
  }
  return { open: undefined, stores: given(ios.store, android.store) };
}

function filled(link: string | undefined, address: string): string | undefined {
  return link?.replaceAll('{url}', () => encodeURIComponent(address));
}

function intent(name: string, store: string | undefined, address: string): string {
  const { protocol, host, pathname, search } = new URL(address);
  const fallback = store === undefined ? '' : `S.browser_fallback_url=${encodeURIComponent(store)};`;
  return `intent://${host}${pathname}${search}#Intent;scheme=${protocol.slice(0, -1)};package=${name};${fallback}end`;
}

function given(...texts: readonly (string | undefined)[]): readonly string[] {
  return texts.filter((text) => text !== undefined);
}
