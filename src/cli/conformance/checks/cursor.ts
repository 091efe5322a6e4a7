import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { exchange } from '../exchange.ts';
import { mustIdentify } from '../notice.ts';
import type { Ticket } from '../ticket.ts';
import { must, mustBe } from '../verdict.ts';
import { TRANSPORTS, describe, withWatch } from '../watch.ts';
import type { Transport } from '../watch.ts';

const NONCE = '12345678901234567';

/** Cursors that name nothing of this ticket's past. */
const IN_DOUBT: readonly (readonly [string, (bench: Bench, ticket: Ticket) => Promise<string> | string])[] = [
  ['an unknown one', () => `1-${NONCE}`],
  ['one ahead', () => `7-${NONCE}`],
  ['one ahead with a known nonce', (_bench, { notice }) => notice.cursor.replace(/^\d+/, '9')],
  ["another ticket's", async (bench) => (await bench.mint()).notice.cursor],
];

const MALFORMED = ['x', '1', '1-', '-1', '0-1', '1-a', '1-1-1', '1-1\n', ' 1-1', `1-${'1'.repeat(40)}`, '%'];

/** Doubt is answered by the whole state, never by silence, and never with another ticket. */
export const cursor: readonly Check[] = TRANSPORTS.flatMap((transport) => [
  ...IN_DOUBT.map(([what, make]) => ({
    group: 'cursor',
    name: `${what} over ${transport}`,
    run: async (bench: Bench) => {
      const ticket = await bench.mint();
      await doubt(ticket, transport, await make(bench, ticket));
    },
  })),
  {
    group: 'cursor',
    name: `a malformed one over ${transport}`,
    run: async (bench: Bench) => {
      const ticket = await bench.mint();
      for (const after of MALFORMED) await malformed(ticket, transport, after);
    },
  },
  {
    group: 'cursor',
    name: `an earlier state's over ${transport}`,
    run: async (bench: Bench) => {
      const ticket = await bench.ticketIn('scanned');
      await withWatch(transport, ticket, { after: ticket.notice.cursor }, async (watch) => {
        mustIdentify(await watch.notice(), ticket.id, 'scanned');
      });
    },
  },
  {
    group: 'cursor',
    name: `that of the confirmation, redeemed since, over ${transport}`,
    run: async (bench: Bench) => {
      const ticket = await bench.mint();
      await bench.confirmed(ticket);
      const { cursor: after, result } = await bench.notice(ticket);
      mustBe('the redemption', (await bench.redeem(ticket, result?.code ?? '')).status, 200);
      await withWatch(transport, ticket, { after }, async (watch) => {
        const word = await watch.next();
        must(word?.says === 'stop', `it came ${describe(word)}`);
      });
    },
  },
]);

/** A 400, or the whole state with `reset`. */
async function doubt(ticket: Ticket, transport: Transport, after: string): Promise<void> {
  await withWatch(transport, ticket, { after }, async (watch) => {
    const word = await watch.next();
    if (word?.says === 'refused') return mustBe('the refusal', word.how, '400', '4400');
    must(word?.says === 'notice', `after ${after} came ${describe(word)}`);
    const { notice } = word;
    mustBe('ticket_id', notice.ticket_id, ticket.id);
    mustBe('cursor', notice.cursor, ticket.notice.cursor);
    mustBe('reset', notice.reset, true);
  });
}

async function malformed(ticket: Ticket, transport: Transport, after: string): Promise<void> {
  if (transport === 'socket') return doubt(ticket, transport, after);
  const url = new URL(ticket.links[transport]);
  url.searchParams.set('after', after);
  const answer = await exchange(url.href, { headers: ticket.proof });
  mustBe(`the answer to ${JSON.stringify(after)}`, answer.status, 400);
  mustBe('its code', answer.body['code'] as string, 'invalid_request');
  must(after.length < 4 || !answer.text.includes(after), 'the answer repeats the cursor');
}
