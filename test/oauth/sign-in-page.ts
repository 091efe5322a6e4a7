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
    attributes.map(([, name = '', value = '']) => [name.replaceAll('-', '_'), unescaped(value)]),
  );
}

function unescaped(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => UNESCAPED[entity] ?? entity);
}

/** The name of a demo phone, or the headers that any other proves itself by; a function signs it in once there is a ticket. */
export type Phone = string | PhoneHeaders | (() => Promise<PhoneHeaders>);

type PhoneHeaders = Readonly<Record<string, string>>;

/** How a sign-in may end. */
export type Ending = 'confirmed' | 'denied' | 'cancelled' | 'expired';

/** Plays the page's script and the phone: mints, scans, confirms; where the browser is sent to. */
export async function approve(base: string, asked: PageRequest, phone: Phone = 'alice'): Promise<URL> {
  return await endAs('confirmed', base, asked, phone);
}

/** The same, to any end. */
export async function endAs(
  ending: Ending,
  base: string,
  asked: PageRequest,
  phone: Phone = 'alice',
): Promise<URL> {
  return (await endInBrowser(ending, base, asked, phone)).sent;
}

/** The form that goes to a client, and where to. */
export interface SentForm {
  readonly action: string;
  readonly members: Readonly<Record<string, string>>;
}

/** Plays a sign-in whose answer goes by form, and opens the page that sends it. */
export async function formAs(
  ending: Ending,
  base: string,
  address: string | URL,
  phone: Phone = 'alice',
): Promise<SentForm> {
  const { sent, headers } = await endInBrowser(ending, base, await openPage(address), phone);
  const page = await call(sent.href, { headers });
  expectStatus(page, 200);
  return formOf(page.text);
}

/** The form of a page. */
export function formOf(html: string): SentForm {
  const inputs = [...html.matchAll(/<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"/g)];
  return {
    action: unescaped(/<form [^>]*action="([^"]*)"/.exec(html)?.[1] ?? ''),
    members: Object.fromEntries(inputs.map(([, key = '', value = '']) => [key, unescaped(value)])),
  };
}

/** How a sign-in ended in its browser. */
export interface Ended {
  /** Where the browser is sent to. */
  readonly sent: URL;
  /** What proves the browser. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the gateway gave it to keep. */
  readonly cookies: readonly string[];
}

/** The same, and what the browser has then. */
export async function endInBrowser(
  ending: Ending,
  base: string,
  asked: PageRequest,
  phone: Phone,
): Promise<Ended> {
  const given = Object.entries(asked).filter(([, value]) => value !== '');
  const json = {
    ...Object.fromEntries(given),
    ...(asked['code_challenge'] ? { code_challenge_method: 'S256' } : {}),
    binding: asked['request'] ? 'cookie' : 'bearer',
  };
  const minted = await call<Notice & { links: { poll: string; self: string }; browser_secret: string }>(
    `${base}/v1/tickets`,
    { json, headers: { 'sec-fetch-site': 'same-origin' } },
  );
  const { links, browser_secret: secret, ...notice } = expectStatus(minted, 201);
  const cookies = minted.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
  const [cookie] = cookies;
  const headers: Record<string, string> =
    cookie === undefined
      ? { authorization: `Bearer ${secret}` }
      : { cookie, 'sec-fetch-site': 'same-origin' };
  if (ending === 'cancelled') expectStatus(await call(links.self, { method: 'DELETE', headers }), 204);
  if (ending === 'confirmed' || ending === 'denied') {
    const proof = typeof phone === 'function' ? await phone() : phone;
    const [name, options] = typeof proof === 'string' ? [proof, {}] : ['', { headers: proof }];
    const scanned = expectStatus(await scan(base, readScanCode(notice), name, options), 201);
    expectStatus(await (ending === 'denied' ? deny : confirm)(base, scanned, name, options), 200);
  }
  let told = await call<Notice>(links.poll, { headers });
  while (told.body.status !== ending)
    told = await call<Notice>(`${links.poll}?after=${told.body.cursor}&wait=5`, { headers });
  const { result } = expectStatus(told, 200);
  if (result?.redirect_to === undefined) throw new Error(`no redirect: ${told.text}`);
  return { sent: new URL(result.redirect_to), headers, cookies };
}

/** Opens an authorization request and approves it. */
export async function signInAt(base: string, address: string | URL, name?: string): Promise<URL> {
  return await approve(base, await openPage(address), name);
}
