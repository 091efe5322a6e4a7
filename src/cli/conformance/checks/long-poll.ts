import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { AT_ONCE_MS, exchange } from '../exchange.ts';
import type { Exchange } from '../exchange.ts';
import type { Ticket } from '../ticket.ts';
import { must, mustBe } from '../verdict.ts';

/** The most that a gateway may put on top of a wait, and a slow line beyond that. */
const JITTER_MS = 3000;
const WITHIN_MS = 60_000;

const check = (name: string, run: (bench: Bench) => Promise<void>): Check => ({
  group: 'long-poll',
  name,
  run,
});

/** What must hold for a browser that has nothing but XMLHttpRequest. */
export const longPoll: readonly Check[] = [
  check('without a cursor it is answered at once, and nothing keeps the answer', async (bench) => {
    const ticket = await bench.mint();
    const answer = await poll(ticket, { wait: '30' });
    mustBe('status', answer.status, 200);
    mustBe('Content-Type', (answer.headers['content-type'] ?? '').split(';')[0], 'application/json');
    must(answer.tookMs < AT_ONCE_MS, `it took ${answer.tookMs.toFixed(0)} ms`);
    mustNotKeep(answer);
  }),
  check('a wait that ends is a 204 with Scangate-Cursor, and nothing keeps it', async (bench) => {
    const ticket = await bench.mint();
    const answer = await poll(ticket, { after: ticket.notice.cursor, wait: '1' });
    mustBe('status', answer.status, 204);
    mustBe('Scangate-Cursor', String(answer.headers['scangate-cursor']), ticket.notice.cursor);
    mustBe('the body', answer.text, '');
    mustNotKeep(answer);
    must(answer.tookMs >= 950, `it waited for ${answer.tookMs.toFixed(0)} ms only`);
    must(answer.tookMs < 1000 + JITTER_MS + AT_ONCE_MS, `it waited for ${answer.tookMs.toFixed(0)} ms`);
  }),
  check('wait=0 does not wait', async (bench) => {
    const ticket = await bench.mint();
    const answer = await poll(ticket, { after: ticket.notice.cursor, wait: '0' });
    mustBe('status', answer.status, 204);
    must(answer.tookMs < AT_ONCE_MS, `it took ${answer.tookMs.toFixed(0)} ms`);
  }),
  check('a wait that is none, or too long, is a 400', async (bench) => {
    const ticket = await bench.mint();
    for (const wait of ['56', '-1', '1.5', 'x', '1e1', '999'])
      mustBe(`the answer to wait=${wait}`, (await poll(ticket, { wait })).status, 400);
  }),
  check('a parameter given twice is a 400', async (bench) => {
    const { links, proof, notice } = await bench.mint();
    const twice = `${links.poll}?wait=0&after=${notice.cursor}&after=${notice.cursor}`;
    mustBe('status', (await exchange(twice, { headers: proof })).status, 400);
  }),
  check('a transition while it waits answers it, before the wait is over', async (bench) => {
    const ticket = await bench.mint();
    const waiting = poll(ticket, { after: ticket.notice.cursor, wait: '40' });
    await bench.scanned(ticket);
    const answer = await waiting;
    mustBe('status', answer.status, 200);
    mustBe('the notice', answer.body['status'] as string, 'scanned');
    must(answer.tookMs < 15_000, `it took ${answer.tookMs.toFixed(0)} ms`);
  }),
  check('a transition between two polls answers the next at once', async (bench) => {
    const ticket = await bench.mint();
    const first = await poll(ticket, {});
    await bench.confirmed(ticket);
    const next = await poll(ticket, { after: String(first.body['cursor']), wait: '40' });
    mustBe('status', next.status, 200);
    mustBe('the notice', next.body['status'] as string, 'confirmed');
    must(next.tookMs < AT_ONCE_MS, `it took ${next.tookMs.toFixed(0)} ms`);
  }),
  check('two polls of one ticket are both answered', async (bench) => {
    const ticket = await bench.mint();
    const after = ticket.notice.cursor;
    const both = [poll(ticket, { after, wait: '40' }), poll(ticket, { after, wait: '40' })];
    await bench.scanned(ticket);
    for (const answer of await Promise.all(both)) {
      mustBe('status', answer.status, 200);
      mustBe('the notice', answer.body['status'] as string, 'scanned');
    }
  }),
];

function poll(ticket: Ticket, query: Readonly<Record<string, string>>): Promise<Exchange> {
  const url = new URL(ticket.links.poll);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return exchange(url.href, { headers: ticket.proof, withinMs: WITHIN_MS });
}

function mustNotKeep({ headers }: Exchange): void {
  const cache = headers['cache-control'] ?? 'missing';
  must(cache.includes('no-store'), `Cache-Control is ${cache}`);
}
