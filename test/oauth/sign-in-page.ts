import { call, expectStatus } from '../support/call.ts';
import { confirm, readScanCode, scan } from '../support/signin.ts';
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

/** Plays the page's script and the phone: mints, scans, confirms; where the browser is sent to. */
export async function approve(base: string, asked: PageRequest, name = 'alice'): Promise<URL> {
  const given = Object.entries(asked).filter(([, value]) => value !== '');
  const minted = await call<Notice & { links: { poll: string }; browser_secret: string }>(
    `${base}/v1/tickets`,
    {
      json: { ...Object.fromEntries(given), code_challenge_method: 'S256', binding: 'bearer' },
    },
  );
  const { links, browser_secret: secret, ...notice } = expectStatus(minted, 201);
  const scanned = expectStatus(await scan(base, readScanCode(notice), name), 201);
  expectStatus(await confirm(base, scanned, name), 200);
  const told = await call<Notice>(links.poll, { headers: { authorization: `Bearer ${secret}` } });
  const { result } = expectStatus(told, 200);
  if (result?.redirect_to === undefined) throw new Error(`no redirect: ${told.text}`);
  return new URL(result.redirect_to);
}

/** Opens an authorization request and approves it. */
export async function signInAt(base: string, address: string | URL, name?: string): Promise<URL> {
  return await approve(base, await openPage(address), name);
}
