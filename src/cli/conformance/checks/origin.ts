import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { exchange } from '../exchange.ts';
import type { Exchange } from '../exchange.ts';
import type { Ticket } from '../ticket.ts';
import { Skipped, must, mustBe } from '../verdict.ts';
import { openWatch } from '../watch.ts';

const check = (name: string, run: (bench: Bench) => Promise<void>): Check => ({ group: 'origin', name, run });

/** Which pages may ask: our own by cookie, those of registered clients by bearer, nobody else. */
export const origin: readonly Check[] = [
  check('a cookie without an own origin opens nothing', async (bench) => {
    const ticket = await bench.mint('cookie');
    const own = new URL(ticket.publicLinks.self).origin;
    const { cookie = '' } = ticket.proof;
    for (const foreign of [
      {},
      { 'sec-fetch-site': 'cross-site' },
      ...strangers(own).map((origin) => ({ origin })),
    ])
      for (const address of ['self', 'events', 'poll'] as const)
        refusedLike(
          await exchange(ticket.links[address], { headers: { cookie, ...foreign } }),
          JSON.stringify(foreign),
        );
    mustBe('the own origin', (await bench.look(ticket, { cookie, origin: own })).status, 200);
  }),
  check('a cookie from a foreign page opens no socket', async (bench) => {
    const ticket = await bench.mint('cookie');
    const { cookie = '' } = ticket.proof;
    for (const origin of strangers(new URL(ticket.publicLinks.self).origin)) {
      const ending = await socketEnding(ticket, { cookie, origin });
      mustBe(`the ending for ${origin}`, ending, '400', '401', '403', '404', '4401');
    }
  }),
  check('a bearer from a page of nobody opens nothing, and it may not read the answer', async (bench) => {
    const ticket = await bench.mint();
    for (const origin of strangers(new URL(ticket.publicLinks.self).origin)) {
      for (const address of ['self', 'events', 'poll'] as const) {
        const answer = await exchange(ticket.links[address], { headers: { ...ticket.proof, origin } });
        refusedLike(answer, origin);
        mustBe('Access-Control-Allow-Origin', acao(answer), undefined);
      }
      const ending = await socketEnding(ticket, { ...ticket.proof, origin });
      mustBe(`the socket for ${origin}`, ending, '400', '401', '403', '404', '4401');
    }
  }),
  check('a preflight from a page of nobody allows nothing', async (bench) => {
    const ticket = await bench.mint();
    const answer = await preflight(ticket.links.self, 'https://attacker.example');
    mustBe('Access-Control-Allow-Origin', acao(answer), undefined);
  }),
  check('never a wildcard, never credentials', async (bench) => {
    const ticket = await bench.mint();
    const origins = ['https://attacker.example', 'null', clientOrigin(bench) ?? bench.target.url];
    for (const origin of origins)
      for (const answer of [
        await preflight(ticket.links.events, origin),
        await bench.look(ticket, { ...ticket.proof, origin }),
        await bench.ask('/v1/tickets', { headers: { origin }, json: {} }),
      ]) {
        must(acao(answer) !== '*', `${origin} was allowed with a wildcard`);
        mustBe('…-Credentials', answer.headers['access-control-allow-credentials'], undefined);
      }
  }),
  check("a client's page may watch by bearer, and read the cursor", async (bench) => {
    const origin = foreignClient(bench);
    const ticket = await bench.mint('bearer', { origin });
    const poll = `${ticket.links.poll}?wait=0&after=${ticket.notice.cursor}`;
    for (const url of [ticket.links.self, poll]) {
      const answer = await exchange(url, { headers: { ...ticket.proof, origin } });
      mustBe('Access-Control-Allow-Origin', acao(answer), origin);
      must(/\borigin\b/i.test(answer.headers.vary ?? ''), 'Vary does not name Origin');
      must(
        /scangate-cursor/i.test(answer.headers['access-control-expose-headers'] ?? ''),
        'Scangate-Cursor is not exposed',
      );
    }
    mustBe('the socket', await socketEnding(ticket, { ...ticket.proof, origin }), 'a notice');
  }),
  check("a client's page may ask for a stream that goes on", async (bench) => {
    const origin = foreignClient(bench);
    const answer = await preflight((await bench.mint()).links.events, origin);
    must(answer.status >= 200 && answer.status < 300, `the preflight's status is ${answer.status}`);
    mustBe('Access-Control-Allow-Origin', acao(answer), origin);
    const headers = answer.headers['access-control-allow-headers'] ?? '';
    must(/authorization/i.test(headers) && /last-event-id/i.test(headers), `allowed headers: ${headers}`);
  }),
];

/** Origins that look like the own one, and are not. */
function strangers(own: string): string[] {
  const { protocol, hostname, port } = new URL(own);
  const other = protocol === 'https:' ? 'http:' : 'https:';
  const at = port === '' ? '' : `:${port}`;
  return [
    'https://attacker.example',
    'null',
    `${other}//${hostname}${at}`,
    `${protocol}//${hostname}:${port === '1' ? 2 : 1}`,
    `${protocol}//${hostname}.attacker.example${at}`,
    `${protocol}//sub.${hostname}${at}`,
  ];
}

const acao = ({ headers }: Exchange): string | undefined => headers['access-control-allow-origin'];

function refusedLike({ status }: Exchange, who: string): void {
  mustBe(`the answer to ${who}`, status, 400, 403, 404);
}

function preflight(url: string, origin: string): Promise<Exchange> {
  return exchange(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization, last-event-id',
    },
  });
}

function clientOrigin({ target }: Bench): string | undefined {
  const { redirectUri } = target.client;
  return redirectUri === undefined ? undefined : new URL(redirectUri).origin;
}

function foreignClient(bench: Bench): string {
  const found = clientOrigin(bench);
  if (found === undefined || !found.startsWith('http') || found === new URL(bench.target.url).origin)
    throw new Skipped('needs a --client whose --redirect-uri has an origin of its own');
  return found;
}

async function socketEnding(ticket: Ticket, headers: Readonly<Record<string, string>>): Promise<string> {
  const watch = openWatch('socket', ticket, { headers });
  const word = await watch.next();
  watch.close();
  return word === undefined ? 'nothing' : word.says === 'notice' ? 'a notice' : word.how;
}
