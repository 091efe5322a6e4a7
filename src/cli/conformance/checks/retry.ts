import { randomBytes } from 'node:crypto';
import type { Bench } from '../bench.ts';
import type { Check } from '../check.ts';
import type { Exchange } from '../exchange.ts';
import { Skipped, must, mustBe } from '../verdict.ts';

const check = (name: string, run: (bench: Bench) => Promise<void>): Check => ({ group: 'retry', name, run });
const AT_ONCE = 6;

/** A retry changes nothing, and who lost to another decision is told the true state. */
export const retry: readonly Check[] = [
  check('the same phone scans again: 200, the same answer', async (bench) => {
    const ticket = await bench.mint();
    const [first, again] = [await bench.scan(ticket), await bench.scan(ticket)];
    mustBe('the first', first.status, 201);
    mustBe('the second', again.status, 200);
    must(first.body['handshake'] === again.body['handshake'], 'the handshakes differ');
  }),
  check('another phone is too late', async (bench) => {
    const bearer = bench.target.otherBearer;
    if (bearer === undefined) throw new Skipped('needs --other-bearer, a token of another user');
    const ticket = await bench.ticketIn('scanned');
    mustRefuse(await bench.scan(ticket, { bearer }), 409, 'already_scanned');
  }),
  check('scans at once come to one', async (bench) => {
    const ticket = await bench.mint();
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => bench.scan(ticket)));
    for (const { status } of answers) mustBe('status', status, 200, 201);
    mustBe('the number of 201', answers.filter(({ status }) => status === 201).length, 1);
    mustBe('the number of handshakes', new Set(answers.map(({ body }) => body['handshake'])).size, 1);
  }),
  check('without a credential a phone is unknown', async (bench) => {
    const ticket = await bench.mint();
    mustRefuse(await bench.scan(ticket, { bearer: 'x.y.z' }), 401, 'phone_unknown');
  }),
  check('confirmed again: 200', async (bench) => {
    const ticket = await bench.mint();
    const scanned = await bench.scanned(ticket);
    for (const turn of ['the first', 'the second']) {
      const answer = await bench.decide('confirm', ticket, scanned);
      mustBe(turn, answer.status, 200);
      mustBe('its status', answer.body['status'] as string, 'confirmed');
    }
  }),
  check('denied again: 200; the other way round: 409', async (bench) => {
    const ticket = await bench.mint();
    const scanned = await bench.scanned(ticket);
    mustBe('the first', (await bench.decide('deny', ticket, scanned)).status, 200);
    mustBe('the second', (await bench.decide('deny', ticket, scanned)).status, 200);
    mustRefuse(await bench.decide('confirm', ticket, scanned), 409, 'already_denied', 'denied');
    const other = await bench.mint();
    const scannedOther = await bench.scanned(other);
    mustBe('a confirmation', (await bench.decide('confirm', other, scannedOther)).status, 200);
    mustRefuse(await bench.decide('deny', other, scannedOther), 409, 'already_confirmed', 'confirmed');
  }),
  check('yes and no at once: one wins, and the watcher is told which', async (bench) => {
    const ticket = await bench.mint();
    const scanned = await bench.scanned(ticket);
    const [yes, no] = await Promise.all([
      bench.decide('confirm', ticket, scanned),
      bench.decide('deny', ticket, scanned),
    ]);
    mustBe('the sum of the statuses', yes.status + no.status, 200 + 409);
    mustBe('the notice', (await bench.notice(ticket)).status, yes.status === 200 ? 'confirmed' : 'denied');
  }),
  check('a wrong handshake is not found', async (bench) => {
    const [ticket, other] = [await bench.ticketIn('scanned'), await bench.mint()];
    mustRefuse(await bench.decide('confirm', ticket, await bench.scanned(other)), 404, 'not_found');
    mustBe('the ticket', (await bench.notice(ticket)).status, 'scanned');
  }),
  check('cancelled again: 204; once confirmed: 409', async (bench) => {
    const ticket = await bench.ticketIn('cancelled');
    mustBe('the second', (await bench.cancel(ticket)).status, 204);
    mustRefuse(await bench.cancel(await bench.ticketIn('confirmed')), 409, 'already_confirmed', 'confirmed');
    mustRefuse(await bench.scan(ticket), 409, 'already_cancelled');
  }),
  check('redeemed again with its Idempotency-Key: the same session', async (bench) => {
    const ticket = await bench.ticketIn('confirmed');
    const code = await bench.codeOf(ticket);
    const key = randomBytes(16).toString('base64url');
    const answers = [await bench.redeem(ticket, code, { key }), await bench.redeem(ticket, code, { key })];
    for (const { status } of answers) mustBe('status', status, 200);
    mustBe('the number of sessions', new Set(answers.map(sessionOf)).size, 1);
  }),
  check('redeemed again without one: invalid_grant', async (bench) => {
    const ticket = await bench.ticketIn('confirmed');
    const code = await bench.codeOf(ticket);
    mustBe('the first', (await bench.redeem(ticket, code)).status, 200);
    const again = await bench.redeem(ticket, code);
    mustBe('the second', again.status, 400);
    mustBe('its error', again.body['error'] as string, 'invalid_grant');
  }),
  check('redemptions at once open one session', async (bench) => {
    const ticket = await bench.ticketIn('confirmed');
    const code = await bench.codeOf(ticket);
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => bench.redeem(ticket, code)));
    const opened = answers.filter(({ status }) => status === 200);
    mustBe('the number of answers with tokens', opened.length, 1);
  }),
  check('a wrong verifier redeems nothing, and spoils nothing', async (bench) => {
    const ticket = await bench.ticketIn('confirmed');
    const code = await bench.codeOf(ticket);
    const wrong = await bench.redeem(ticket, code, { verifier: 'x'.repeat(43) });
    mustBe('the wrong one', `${wrong.status} ${String(wrong.body['error'])}`, '400 invalid_grant');
    mustBe('the right one', (await bench.redeem(ticket, code)).status, 200);
  }),
  check('an Idempotency-Key with another body is a 422', async (bench) => {
    const ticket = await bench.mint();
    const scanned = await bench.scanned(ticket);
    const key = randomBytes(16).toString('base64url');
    mustBe('the first', (await bench.decide('deny', ticket, scanned, { key })).status, 200);
    const other = await bench.decide('deny', ticket, scanned, { key, report: true });
    mustRefuse(other, 422, 'idempotency_mismatch');
  }),
];

function mustRefuse(answer: Exchange, status: number, code: string, ticketStatus?: string): void {
  mustBe('the status', answer.status, status);
  mustBe('the media type', answer.headers['content-type']?.split(';')[0], 'application/problem+json');
  mustBe('the code', answer.body['code'] as string, code);
  if (ticketStatus !== undefined)
    mustBe('ticket_status', answer.body['ticket_status'] as string, ticketStatus);
}

function sessionOf({ body }: Exchange): unknown {
  const payload = String(body['access_token']).split('.')[1] ?? '';
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { sid?: unknown };
  return claims.sid;
}
