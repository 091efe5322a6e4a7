import { call, expectStatus } from '../support/call.ts';
import { confirm, deny, readScanCode, scan } from '../support/signin.ts';
import type { Notice } from '../support/signin.ts';

/** What the page of an authorization request hands to its script. */
export type PageRequest = Readonly<Record<string, string>>;

const UNESCAPED: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** Opens an authorization request as a browser does and reads the page's `data-` attributes. */
export async function openPage(address: string | URL): Promise<PageRequest> {
  const page = await call(String(address), { headers: { accept: 'text/html' } });
  expectStatus(page, 200);
  const attributes = [...page.text.matchAll(/ data-([a-z-]+)="([^"]*)"/g)];
  return Object.fromEntries(
    attributes.map(([, name = '', value = '']) => [
      name.replaceAll('-', '_'),
      value.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => UNESCAPED[entity] ?? entity),
    ]),
  );
}

/** How a sign-in may end. */
export type Ending = 'confirmed' | 'denied' | 'cancelled' | 'expired';

/** Plays the page's script and the phone: mints, scans, confirms; where the browser is sent to. */
export async function approve(base: string, asked: PageRequest, name = 'alice'): Promise<URL> {
  return await endAs('confirmed', base, asked, name);
}

/** The same, to any end. */
export async function endAs(ending: Ending, base: string, asked: PageRequest, name = 'alice'): Promise<URL> {
  const given = Object.entries(asked).filter(([, value]) => value !== '');
  const minted = await call<Notice & { links: { poll: string; self: string }; browser_secret: string }>(
    `${base}/v1/tickets`,
    {
      json: { ...Object.fromEntries(given), code_challenge_method: 'S256', binding: 'bearer' },
    },
  );
  const { links, browser_secret: secret, ...notice } = expectStatus(minted, 201);
  const headers = { authorization: `Bearer ${secret}` };
  if (ending === 'cancelled') expectStatus(await call(links.self, { method: 'DELETE', headers }), 204);
  if (ending === 'confirmed' || ending === 'denied') {
    const scanned = expectStatus(await scan(base, readScanCode(notice), name), 201);
    expectStatus(await (ending === 'denied' ? deny : confirm)(base, scanned, name), 200);
  }
  let told = await call<Notice>(links.poll, { headers });
  while (told.body.status !== ending)
    told = await call<Notice>(`${links.poll}?after=${told.body.cursor}&wait=5`, { headers });
  const { result } = expectStatus(told, 200);
  if (result?.redirect_to === undefined) throw new Error(`no redirect: ${told.text}`);
  return new URL(result.redirect_to);
}

/** Opens an authorization request and approves it. */
export async function signInAt(base: string, address: string | URL, name?: string): Promise<URL> {
  return await approve(base, await openPage(address), name);
}
