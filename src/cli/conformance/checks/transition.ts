import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import { mustIdentify, versionOf } from '../notice.ts';
import type { Notice } from '../notice.ts';
import { Skipped, must, mustBe } from '../verdict.ts';
import { TRANSPORTS, describe, withWatch } from '../watch.ts';
import type { Watch } from '../watch.ts';

const check = (name: string, run: (bench: Bench) => Promise<void>, slow = false): Check => ({
  group: 'transition',
  name,
  slow,
  run,
});

const QUICK_PERIOD_MS = 5000;

/** Who waits is told each newer state once, in order, and nothing that is no transition. */
export const transition: readonly Check[] = [
  ...TRANSPORTS.flatMap((transport) => [
    check(`a whole sign-in over ${transport}`, async (bench) => {
      const ticket = await bench.mint();
      await withWatch(transport, ticket, {}, async (watch) => {
        mustIdentify(await watch.notice(), ticket.id, 'pending');
        const scanned = await bench.scanned(ticket);
        mustIdentify(await watch.notice(), ticket.id, 'scanned');
        await bench.decide('confirm', ticket, scanned);
        const confirmed = await watch.notice();
        mustIdentify(confirmed, ticket.id, 'confirmed');
        const redeemed = await bench.redeem(ticket, confirmed.result?.code ?? '');
        mustBe('the redemption', redeemed.status, 200);
      });
    }),
    check(`told at once, a burst is told in order and ends on the truth over ${transport}`, async (bench) => {
      const ticket = await bench.mint();
      await withWatch(transport, ticket, {}, async (watch) => {
        await bench.confirmed(ticket);
        mustRise(await untilOutcome(watch), 'confirmed');
      });
    }),
    check(`the deadline comes to those who wait over ${transport}`, async (bench) => {
      const ticket = await bench.mint();
      const lifeMs = ticket.notice.expires_in_ms;
      if (lifeMs > 20_000 && !bench.target.slow)
        throw new Skipped(`a ticket lives for ${Math.ceil(lifeMs / 1000)} s here: --slow waits for it`);
      await withWatch(transport, ticket, {}, async (watch) => {
        mustIdentify(await watch.notice(), ticket.id, 'pending');
        mustIdentify(await watch.notice(lifeMs + 15_000), ticket.id, 'expired');
      });
    }),
  ]),
  check('the scan code rotates, and that is no transition', async (bench) => {
    const ticket = await bench.mint();
    const rotatesMs = ticket.notice.scan?.rotates_in_ms ?? 0;
    if (rotatesMs > QUICK_PERIOD_MS && !bench.target.slow)
      throw new Skipped(`the scan code lives for ${Math.ceil(rotatesMs / 1000)} s here: --slow waits for it`);
    const before = await bench.look(ticket);
    const after = ticket.notice.cursor;
    await Promise.all(
      TRANSPORTS.map((transport) =>
        withWatch(transport, ticket, { after }, (watch) => watch.quiet(rotatesMs + 500)),
      ),
    );
    const now = await bench.look(ticket);
    mustBe('the cursor', (now.body as unknown as Notice).cursor, after);
    must(scanUrl(now.body) !== scanUrl(before.body), 'the scan code is the same as before');
    must(now.headers.etag !== before.headers.etag, 'the ETag is the same as before');
    mustBe('a scan of the code before', (await bench.scan(ticket)).status, 201);
  }),
  check('the ETag is cursor and rotation, and spares an answer', async (bench) => {
    const ticket = await bench.mint();
    const { headers } = await bench.look(ticket);
    const etag = headers.etag ?? '';
    must(new RegExp(`^"${ticket.notice.cursor}\\.[0-9]+"$`).test(etag), `the ETag is ${etag}`);
    const again = await bench.ask(ticket.links.self, {
      headers: { ...ticket.proof, 'if-none-match': etag },
    });
    mustBe('status', again.status, 304, 200);
    must(again.status === 304 || again.headers.etag !== etag, 'If-None-Match was not heard');
  }),
];

const scanUrl = (body: Readonly<Record<string, unknown>>): string =>
  (body as unknown as Notice).scan?.url ?? '';

async function untilOutcome(watch: Watch): Promise<Notice[]> {
  const told: Notice[] = [];
  for (;;) {
    const word = await watch.next(10_000);
    must(word?.says === 'notice', `before the outcome came ${describe(word)}`);
    told.push(word.notice);
    if (word.notice.advice.final) return told;
  }
}

function mustRise(told: readonly Notice[], last: string): void {
  const versions = told.map(({ cursor }) => versionOf(cursor));
  must(
    versions.every((version, index) => index === 0 || version > (versions[index - 1] ?? 0)),
    `the versions were ${versions.join(', ')}`,
  );
  must(!told.some(({ reset }) => reset), 'there was a reset');
  mustBe('the last notice', told.at(-1)?.status, last as Notice['status']);
}
