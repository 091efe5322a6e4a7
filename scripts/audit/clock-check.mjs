import { randomBytes } from 'node:crypto';
import { ask } from './ask.mjs';

/** @typedef {import('./audit.mjs').Target} Target */

const SKEW_MS = 30_000;
const DEMO_PHONE = { authorization: 'Bearer demo-audit' };

/** The gateway's clock against this machine's, and by which of them its tokens count. @param {Target} target */
export async function clock(target) {
  const before = Date.now();
  const { headers } = await ask(target.at('/livez'));
  const said = Date.parse(headers.date ?? '');
  if (Number.isNaN(said)) return ['no Date is said'];
  const skew = awayFrom(said, before - 1000);
  const says = skew > SKEW_MS ? [`its clock is ${Math.round(skew / 1000)} s away from this machine's`] : [];
  return [...says, ...(await tokenTimes(target))];
}

/** How far a time is from the time between `before` and now. @param {number} said @param {number} before */
function awayFrom(said, before) {
  return said < before ? before - said : Math.max(0, said - Date.now());
}

/** What is wrong with the times in tokens, where anybody can get one: from demo phones. @param {Target} target */
async function tokenTimes(target) {
  const before = Date.now();
  const tokens = await demoTokens(target);
  if (tokens === undefined) return [];
  const says = [];
  for (const name of ['access_token', 'id_token']) {
    if (tokens[name] === undefined) continue;
    const { iat, exp } = claimsOf(tokens[name]);
    const away = Math.round(awayFrom(iat * 1000, before - 1000) / 1000);
    // Not a number where there is none.
    if (!(away * 1000 <= SKEW_MS)) says.push(`${name}: iat is ${away} s away from this machine's clock`);
    if (!(exp > iat)) says.push(`${name}: exp is not after iat`);
    else if (name === 'access_token' && Math.abs(exp - iat - tokens.expires_in) > 1)
      says.push(`${name}: it ends ${exp - iat} s after iat, and expires_in says ${tokens.expires_in}`);
  }
  return says;
}

/** Tokens of a pretended sign-in; undefined where there are no demo phones. @param {Target} target */
async function demoTokens({ at, mint, options }) {
  const verifier = randomBytes(32).toString('base64url');
  const { status, body: ticket } = await mint('bearer', {}, verifier);
  if (status !== 201) return undefined;
  const scan_code = new URL(ticket.scan.url).pathname.split('/s/').at(-1);
  const scanned = await ask(at('/v1/scans'), { json: { scan_code }, headers: DEMO_PHONE });
  if (scanned.status !== 201) return undefined;
  const { handshake } = scanned.body;
  const self = at(`/v1/tickets/${ticket.ticket_id}`);
  await ask(`${self}/confirm`, { json: { handshake }, headers: DEMO_PHONE });
  const bearer = { authorization: `Bearer ${ticket.browser_secret}` };
  const code = (await ask(self, { headers: bearer })).body?.result?.code;
  const { client = 'demo', redirect } = options;
  const form = { grant_type: 'authorization_code', client_id: client, code, code_verifier: verifier };
  const whole = redirect === undefined ? form : { ...form, redirect_uri: redirect };
  const answer = await ask(at('/oauth/token'), { form: whole });
  return answer.status === 200 ? answer.body : undefined;
}

/** @param {string} token @returns {{ iat: number, exp: number }} */
function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
