import { ask } from './ask.mjs';
import { Skipped } from './skipped.mjs';

/** @typedef {import('./audit.mjs').Target} Target */

const STRANGER = 'https://stranger.example';

/** @param {Target} target */
export async function origins({ at, mint, tickets }) {
  const [ticket] = tickets;
  const says = [];
  for (const path of ['/livez', '/oauth/token', '/device']) {
    const answer = await ask(at(path), { headers: { origin: STRANGER } });
    if (opens(answer.headers)) says.push(`${path}: a page of any origin may read the answer`);
  }
  if (ticket === undefined) {
    if (says.length > 0) return says;
    throw new Skipped('no ticket: name a client with --client');
  }
  for (const binding of /** @type {const} */ (['cookie', 'bearer'])) {
    const answer = await mint(binding, { origin: STRANGER, 'sec-fetch-site': 'cross-site' });
    if (answer.status === 201) says.push(`a page of a foreign origin mints by ${binding}`);
    if (opens(answer.headers)) says.push('/v1/tickets: a page of a foreign origin may read the answer');
  }
  const bearer = { authorization: `Bearer ${ticket.secret}`, origin: STRANGER };
  const answer = await ask(at(`/v1/tickets/${ticket.id}`), { headers: bearer });
  if (answer.status === 200 || opens(answer.headers))
    says.push('a page of a foreign origin looks at a ticket');
  return says;
}

/** @param {import('node:http').IncomingHttpHeaders} headers */
function opens(headers) {
  const origin = headers['access-control-allow-origin'];
  return origin === '*' || origin === STRANGER || headers['access-control-allow-credentials'] === 'true';
}

/** @param {Target} target */
export async function hosts({ at, isLoopback }) {
  if (isLoopback) throw new Skipped('on loopback any Host is answered: ask from another machine');
  const { status } = await ask(at('/device'), { headers: { host: 'stranger.example' } });
  return status === 200 ? ['a foreign Host is answered as if it were ours'] : [];
}

/** What differs between answers in any case. */
const OF_THE_MOMENT = new Set(['date', 'x-request-id', 'connection', 'keep-alive', 'age', 'via']);
const WAYS = ['', '/events', '/poll?wait=0', '/qr.svg', '/socket'];

/** Unknown, foreign and wrong are answered alike, on every way to a ticket. @param {Target} target */
export async function uniform({ at, tickets }) {
  const [mine, other] = tickets;
  if (mine === undefined || other === undefined) throw new Skipped('no ticket: name a client with --client');
  const forged = mine.secret.slice(0, -1) + (mine.secret.endsWith('A') ? 'B' : 'A');
  const unknown = 'A'.repeat(mine.id.length);
  /** @type {readonly (readonly [string, string, string | undefined])[]} */
  const cases = [
    ['an unknown ticket', unknown, mine.secret],
    ['a foreign secret', mine.id, other.secret],
    ['a wrong secret', mine.id, forged],
    ['no secret at all', mine.id, undefined],
  ];
  const says = [];
  for (const method of ['GET', 'DELETE'])
    for (const way of method === 'GET' ? WAYS : ['']) {
      const seen = [];
      for (const [what, id, secret] of cases) {
        const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
        seen.push({ what, told: toldBy(await ask(at(`/v1/tickets/${id}${way}`), { method, headers }), id) });
      }
      const [first] = seen;
      for (const { what, told } of seen)
        if (told !== first?.told)
          says.push(`${method} ${way || 'a ticket'}: ${what} is told from ${first?.what}`);
    }
  return says;
}

/** @param {import('./ask.mjs').Answer} answer @param {string} id */
function toldBy({ status, headers, text }, id) {
  const told = Object.entries(headers).filter(([name]) => !OF_THE_MOMENT.has(name));
  return JSON.stringify([status, told, text.replaceAll(id, '<id>')]);
}
