import { createHash, randomBytes } from 'node:crypto';
import { ask } from './ask.mjs';
import { cookies, headers, urls } from './browser-checks.mjs';
import { clock } from './clock-check.mjs';
import { discovery, exposed, limits, phones } from './gateway-checks.mjs';
import { Skipped } from './skipped.mjs';
import { hosts, origins, uniform } from './secret-checks.mjs';
import { mistrustOf, tls } from './tls-check.mjs';

/**
 * @typedef {{ url: string, client?: string | undefined, redirect?: string | undefined, admin?: string | undefined, flood?: boolean, accept?: readonly string[] }} Options
 * @typedef {{ id: string, secret: string, cookies: readonly string[], answer: import('./ask.mjs').Answer }} Ticket
 * @typedef {{ at: (path: string) => string, url: URL, isLoopback: boolean, options: Options, mint: (binding: 'cookie' | 'bearer', headers?: Record<string, string>, verifier?: string) => Promise<import('./ask.mjs').Answer>, tickets: readonly Ticket[], mistrust: string | undefined }} Target
 * @typedef {{ name: string, outcome: 'ok' | 'weak' | 'accepted' | 'skipped', says: readonly string[] }} Outcome
 */

/** Each says what is weak, or nothing; in the order of the table. @type {Record<string, (target: Target) => Promise<string[]>>} */
const CHECKS = {
  tls,
  headers,
  cookies,
  origins,
  hosts,
  uniform,
  urls,
  limits,
  exposed,
  phones,
  discovery,
  clock,
};

/** Makes every check. @param {Options} options @throws where the gateway does not answer at all */
export async function audit(options) {
  const target = await targetOf(options);
  /** @type {Outcome[]} */
  const checks = [];
  for (const [name, check] of Object.entries(CHECKS)) checks.push(await outcomeOf(name, check, target));
  const weaknesses = checks.flatMap(({ name, outcome, says }) =>
    outcome === 'weak' ? says.map((says) => ({ check: name, says })) : [],
  );
  return { url: options.url, checks, weaknesses };
}

/** @param {string} name @param {(target: Target) => Promise<string[]>} check @param {Target} target @returns {Promise<Outcome>} */
async function outcomeOf(name, check, target) {
  try {
    // Nothing that is secret is for whoever cannot prove to be the gateway.
    if (target.mistrust !== undefined && check !== tls)
      throw new Skipped('its certificate cannot be trusted');
    const says = await check(target);
    if (says.length === 0) return { name, outcome: 'ok', says };
    return { name, outcome: target.options.accept?.includes(name) ? 'accepted' : 'weak', says };
  } catch (error) {
    if (error instanceof Skipped) return { name, outcome: 'skipped', says: [error.message] };
    return { name, outcome: 'weak', says: [`it broke off: ${/** @type {Error} */ (error).message}`] };
  }
}

/** @param {Options} options @returns {Promise<Target>} */
async function targetOf(options) {
  const base = options.url.replace(/\/$/, '');
  const url = new URL(options.url);
  const at = (/** @type {string} */ path) => `${base}${path}`;
  /** @type {string | undefined} */
  let mistrust;
  await ask(at('/livez')).catch((error) => {
    mistrust = mistrustOf(error);
    if (mistrust === undefined) throw error;
  });
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  const { client = 'demo', redirect } = options;

  /** @type {Target['mint']} */
  const mint = (binding, more = {}, verifier = randomBytes(32).toString('base64url')) => {
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const json = {
      client_id: client,
      redirect_uri: redirect,
      binding,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    };
    return ask(at('/v1/tickets'), { json, headers: more });
  };
  const minted = mistrust === undefined ? [await mint('bearer'), await mint('bearer')] : [];
  const tickets = minted.flatMap((answer) =>
    answer.status === 201
      ? [{ id: answer.body.ticket_id, secret: answer.body.browser_secret, cookies: [], answer }]
      : [],
  );
  return { at, url, isLoopback, options, mint, tickets, mistrust };
}
