import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { AT_ONCE_MS } from '../exchange.ts';
import type { Ticket } from '../ticket.ts';
import { must, mustBe } from '../verdict.ts';
import { describe, withWatch } from '../watch.ts';

const PING_MAX_MS = 45_000;
const SECRET_WAIT_MAX_MS = 20_000;

const check = (name: string, run: (bench: Bench) => Promise<void>, slow = false): Check => ({
  group: 'WebSocket',
  name,
  slow,
  run,
});

/** What a socket says of itself, and by which code it closes. */
export const webSocket: readonly Check[] = [
  check('the subprotocol is scangate.v1, without compression', async (bench) => {
    const { links, proof } = await bench.mint();
    const socket = new WebSocket(links.socket, ['other', 'scangate.v1'], {
      headers: proof,
      perMessageDeflate: true,
    });
    try {
      await new Promise((resolve, reject) => {
        socket.on('open', resolve).on('error', reject);
      });
      mustBe('the subprotocol', socket.protocol, 'scangate.v1');
      mustBe('the extensions', socket.extensions, '');
    } finally {
      socket.terminate();
    }
  }),
  check('another subprotocol is a 400', async (bench) => {
    const { links, proof } = await bench.mint();
    mustBe('the ending', await ending(links.socket, { headers: proof, protocol: 'other.v1' }), '400');
  }),
  check('the bearer in the handshake will do', async (bench) => {
    const ticket = await bench.mint();
    const opened = await ending(ticket.links.socket, { headers: ticket.proof, untilMessage: true });
    mustBe('what came', opened, 'message');
  }),
  check('the cookie and the own origin will do', async (bench) => {
    const ticket = await bench.mint('cookie');
    const { origin } = new URL(ticket.publicLinks.self);
    await withWatch('socket', ticket, { headers: { ...ticket.proof, origin } }, async (watch) => {
      mustBe('the notice', (await watch.notice()).ticket_id, ticket.id);
    });
  }),
  check('a wrong secret in the first message closes with 4401', async (bench) => {
    const [ticket, other] = [await bench.mint(), await bench.mint()];
    mustBe('the ending', await ending(ticket.links.socket, { first: bearer(other.secret) }), '4401');
    mustBe('the ending', await ending(ticket.links.socket, { first: bearer('x') }), '4401');
  }),
  check('a first message that holds no secret closes with 4400', async (bench) => {
    const { links } = await bench.mint();
    for (const first of ['x', '{}', '[]', 'null', '{"bearer":1}', '{"bearer":""}'])
      mustBe(`the ending after ${first}`, await ending(links.socket, { first }), '4400');
  }),
  check('a message that is too long closes it', async (bench) => {
    const { links } = await bench.mint();
    mustBe('the ending', await ending(links.socket, { first: 'x'.repeat(1_000_000) }), '1009', '1006');
  }),
  check('all transitions come, and then 1000', async (bench) => {
    const ticket = await bench.mint();
    await withWatch('socket', ticket, {}, async (watch) => {
      mustBe('the first notice', (await watch.notice()).status, 'pending');
      const scanned = await bench.scanned(ticket);
      mustBe('the next notice', (await watch.notice()).status, 'scanned');
      await bench.decide('deny', ticket, scanned);
      mustBe('the last notice', (await watch.notice()).status, 'denied');
      const word = await watch.next();
      must(word?.says === 'stop' && word.how === '1000', `then came ${describe(word)}`);
    });
  }),
  check(
    'silence instead of a secret closes with 4408',
    async (bench) => {
      const { links } = await bench.mint();
      mustBe('the ending', await ending(links.socket, { withinMs: SECRET_WAIT_MAX_MS }), '4408');
    },
    true,
  ),
  check(
    'a ping comes within 45 s',
    async (bench) => {
      const { links, proof } = await bench.mint();
      const came = await ending(links.socket, {
        headers: proof,
        untilPing: true,
        withinMs: PING_MAX_MS,
      });
      mustBe('what came', came, 'ping');
    },
    true,
  ),
];

const bearer = (secret: string): string => JSON.stringify({ bearer: secret });

interface Opened {
  readonly headers?: Ticket['proof'];
  readonly protocol?: string;
  readonly first?: string;
  readonly untilMessage?: boolean;
  readonly untilPing?: boolean;
  readonly withinMs?: number;
}

/** Opens a socket and waits for how it ends: a status, a close code, or what else was waited for. */
function ending(url: string, opened: Opened): Promise<string> {
  const { protocol = 'scangate.v1', withinMs = AT_ONCE_MS, first } = opened;
  const options: ClientOptions = { headers: { ...opened.headers }, handshakeTimeout: AT_ONCE_MS };
  const socket = new WebSocket(url, protocol, options);
  return new Promise<string>((resolve) => {
    const late = setTimeout(() => resolve('nothing'), withinMs);
    const end = (how: string): void => {
      clearTimeout(late);
      resolve(how);
    };
    socket.on('open', () => {
      if (first !== undefined) socket.send(first);
    });
    socket.on('message', () => {
      if (opened.untilMessage === true) end('message');
    });
    socket.on('ping', () => {
      if (opened.untilPing === true) end('ping');
    });
    socket.on('unexpected-response', (_request, response) => end(String(response.statusCode)));
    socket.on('error', () => undefined);
    socket.on('close', (code) => end(String(code)));
  }).finally(() => socket.terminate());
}
