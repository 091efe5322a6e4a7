import { ask } from './ask.mjs';
import { Skipped } from './skipped.mjs';

/** @typedef {import('./audit.mjs').Target} Target */

/** What every answer must have, and what is wrong where it has not. @type {readonly (readonly [string, RegExp])[]} */
const WANTED = [
  ['content-security-policy', /default-src 'none'/],
  ['content-security-policy', /frame-ancestors 'none'/],
  ['content-security-policy', /require-trusted-types-for 'script'/],
  ['x-content-type-options', /^nosniff$/],
  ['referrer-policy', /^(no-referrer|same-origin)$/],
  ['permissions-policy', /camera=\(\)/],
  ['cross-origin-resource-policy', /^same-origin$/],
];
const PATHS = ['/device', '/livez', '/nothing-is-here'];

/** @param {Target} target */
export async function headers({ at, url, isLoopback }) {
  const says = [];
  const wanted = [...WANTED];
  if (url.protocol === 'https:' || isLoopback) wanted.push(['cross-origin-opener-policy', /^same-origin$/]);
  for (const path of PATHS) {
    const answer = await ask(at(path));
    for (const [name, value] of wanted) {
      const given = String(answer.headers[name] ?? '');
      if (!value.test(given)) says.push(`${path}: ${name} is ${given === '' ? 'missing' : 'weakened'}`);
    }
    if (/unsafe-(inline|eval)/.test(String(answer.headers['content-security-policy'])))
      says.push(`${path}: content-security-policy allows scripts that are written into the page`);
    for (const name of ['x-powered-by', 'server'])
      if (/\d|express/i.test(String(answer.headers[name] ?? '')))
        says.push(`${path}: ${name} tells what runs here`);
    if (answer.headers['set-cookie'] !== undefined) says.push(`${path}: a cookie is set for nothing`);
  }
  const { headers: kept } = await ask(at('/device'));
  if (!/no-store/.test(String(kept['cache-control']))) says.push('/device: cache-control lets it be kept');
  return [...new Set(says)];
}

/** @param {Target} target */
export async function cookies({ mint, url }) {
  const answer = await mint('cookie', { origin: url.origin, 'sec-fetch-site': 'same-origin' });
  if (answer.status !== 201)
    throw new Skipped(`no ticket by cookie (${answer.status}): name one with --client`);
  const says = [];
  const lines = answer.headers['set-cookie'] ?? [];
  if (lines.length === 0) says.push('a ticket by cookie sets none');
  for (const line of lines) {
    const name = line.split('=')[0];
    if (!/; *httponly/i.test(line)) says.push(`${name}: scripts can read it (no HttpOnly)`);
    if (!/; *samesite=(strict|lax)/i.test(line)) says.push(`${name}: other sites send it (no SameSite)`);
    if (/; *domain=/i.test(line)) says.push(`${name}: other hosts get it (Domain)`);
    if (url.protocol === 'https:' && !/; *secure/i.test(line))
      says.push(`${name}: plain http gets it (no Secure)`);
  }
  if (answer.body?.browser_secret !== undefined)
    says.push('a ticket by cookie tells its secret in the body too');
  return says;
}

/** @param {Target} target */
export async function urls({ tickets }) {
  const [ticket] = tickets;
  if (ticket === undefined) throw new Skipped('no ticket: name a client with --client');
  const says = [];
  const links = /** @type {Record<string, string>} */ (ticket.answer.body.links);
  for (const [name, link] of Object.entries(links))
    if (link.includes(ticket.secret) || new URL(link).search !== '')
      says.push(`links.${name} holds a secret`);
  for (const name of ['access_token', 'bearer', 'browser_secret', 'token']) {
    const { status } = await ask(`${links['self']}?${name}=${encodeURIComponent(ticket.secret)}`);
    if (status === 200) says.push(`a secret in the query (${name}) opens a ticket`);
  }
  return says;
}
