import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { EventStream } from '../event-stream.ts';
import type { Ticket } from '../ticket.ts';
import { must, mustBe } from '../verdict.ts';
import { withWatch } from '../watch.ts';

const SETTLED_MS = 400;
const HEARTBEAT_MAX_MS = 15_000;
const LISTEN_MS = 33_000;
const SLACK_MS = 1500;

const check = (name: string, run: (bench: Bench) => Promise<void>, slow = false): Check => ({
  group: 'SSE',
  name,
  slow,
  run,
});

/** What must hold of a stream for an EventSource, and for whatever stands between it and the gateway. */
export const eventStream: readonly Check[] = [
  check('the headers keep caches and proxies from holding it', async (bench) => {
    const { headers, status } = await listen(await bench.mint(), 0);
    mustBe('status', status, 200);
    mustBe('Content-Type', (headers['content-type'] ?? '').split(';')[0], 'text/event-stream');
    const cache = headers['cache-control'] ?? '';
    must(cache.includes('no-store'), `Cache-Control is ${cache}, without no-store`);
    must(cache.includes('no-transform'), `Cache-Control is ${cache}, without no-transform`);
    // nginx takes it for itself.
    const isNginx = /nginx/i.test(String(headers.server));
    if (!isNginx) mustBe('X-Accel-Buffering', String(headers['x-accel-buffering']), 'no');
    mustBe('Content-Length', headers['content-length'], undefined);
  }),
  check('`retry:` is the first line', async (bench) => {
    const { lines } = await listen(await bench.mint(), SETTLED_MS);
    must(/^retry: ?[0-9]+$/.test(lines[0]?.text ?? ''), `the first line is ${lines[0]?.text ?? 'missing'}`);
  }),
  check('no block is without data', async (bench) => {
    const { lines } = await listen(await bench.mint(), SETTLED_MS);
    const ends = lines.flatMap(({ text }, index) => (text === '' ? [index] : []));
    const blocks = ends.map((end, index) => lines.slice((ends[index - 1] ?? -1) + 1, end));
    const empty = blocks.filter((block) => !block.some(({ text }) => text.startsWith('data:')));
    mustBe('the number of blocks without data', empty.length, 0);
  }),
  check('the event is named ticket, its id is the cursor, its data one line of JSON', async (bench) => {
    const ticket = await bench.mint();
    const { lines } = await listen(ticket, SETTLED_MS);
    const fields = lines.map(({ text }) => text);
    must(
      fields.some((text) => /^event: ?ticket$/.test(text)),
      'no line says event: ticket',
    );
    must(
      fields.some((text) => text.replace(/^id: ?/, '') === ticket.notice.cursor),
      'no id is the cursor',
    );
    const data = fields.filter((text) => text.startsWith('data:'));
    mustBe('the number of data lines', data.length, 1);
    const notice = JSON.parse(data[0]?.slice(5) ?? '') as { cursor: string };
    mustBe('the notice’s cursor', notice.cursor, ticket.notice.cursor);
  }),
  check('a comment stands right behind each notice', async (bench) => {
    const { lines } = await listen(await bench.mint(), SETTLED_MS);
    const data = lines.findIndex(({ text }) => text.startsWith('data:'));
    const behind = lines.slice(data + 1).find(({ text }) => text !== '');
    must(behind, 'nothing stands behind the notice');
    must(behind.text.startsWith(':'), `behind the notice stands ${behind.text}`);
    must(
      behind.atMs - (lines[data]?.atMs ?? 0) < HEARTBEAT_MAX_MS / 2,
      'the comment came with the next heartbeat',
    );
  }),
  check('each notice comes by itself, compressed or not', async (bench) => {
    const ticket = await bench.mint();
    const packed = { ...ticket.proof, 'accept-encoding': 'gzip' };
    await withWatch('events', ticket, { headers: packed }, async (watch) => {
      mustBe('the first notice', (await watch.notice()).status, 'pending');
      await bench.scanned(ticket);
      mustBe('the next notice', (await watch.notice()).status, 'scanned');
    });
  }),
  check('Last-Event-ID counts before ?after=', async (bench) => {
    const ticket = await bench.mint();
    const events = `${ticket.links.events}?after=1-12345`;
    const links = { ...ticket.links, events };
    await withWatch('events', { ...ticket, links }, { after: ticket.notice.cursor }, (watch) =>
      watch.quiet(SETTLED_MS),
    );
  }),
  check('?after= counts without a Last-Event-ID', async (bench) => {
    const ticket = await bench.mint();
    const links = { ...ticket.links, events: `${ticket.links.events}?after=${ticket.notice.cursor}` };
    await withWatch('events', { ...ticket, links }, {}, (watch) => watch.quiet(SETTLED_MS));
  }),
  check('?lastEventId= is taken for a reader that sends no header', async (bench) => {
    const ticket = await bench.mint();
    const events = `${ticket.links.events}?lastEventId=${ticket.notice.cursor}`;
    const links = { ...ticket.links, events };
    await withWatch('events', { ...ticket, links }, {}, (watch) => watch.quiet(SETTLED_MS));
  }),
  check('the stop is a 204 that nothing keeps', async (bench) => {
    const ticket = await bench.ticketIn('cancelled');
    const { cursor } = await bench.notice(ticket);
    const stream = await EventStream.open(ticket.links.events, {
      headers: { ...ticket.proof, 'last-event-id': cursor },
    });
    stream.close();
    mustBe('status', stream.status, 204);
    must(stream.headers['cache-control']?.includes('no-store'), 'the 204 may be kept');
  }),
  check(
    'no silence is longer than 15 s',
    async (bench) => {
      const { lines, openedAtMs } = await listen(await bench.mint(), LISTEN_MS);
      const times = [openedAtMs, ...lines.map(({ atMs }) => atMs), openedAtMs + LISTEN_MS];
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      const longest = Math.max(...gaps);
      must(longest <= HEARTBEAT_MAX_MS + SLACK_MS, `nothing came for ${(longest / 1000).toFixed(1)} s`);
    },
    true,
  ),
];

async function listen(ticket: Ticket, forMs: number): Promise<EventStream> {
  const stream = await EventStream.open(ticket.links.events, {
    headers: { ...ticket.proof, 'accept-encoding': 'gzip' },
  });
  await new Promise((resolve) => setTimeout(resolve, forMs));
  stream.close();
  return stream;
}
