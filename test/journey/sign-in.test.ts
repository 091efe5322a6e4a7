import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectStatus } from '../support/call.ts';
import type { Answer } from '../support/call.ts';
import { signIn } from '../support/journey.ts';
import { startRedis } from '../support/redis.ts';
import type { Redis } from '../support/redis.ts';
import { cancel, confirm, deny, look, mint, readScanCode, redeem, scan } from '../support/signin.ts';
import { startWarm } from '../support/warm.ts';
import type { Warm, WarmGateway } from '../support/warm.ts';
import { TRANSPORTS, watch } from '../support/watching.ts';

/** The status, code and ticket status of a refusal. */
function refusalOf(answer: Answer<unknown>): unknown[] {
  const problem = answer.body as Record<string, unknown>;
  return [answer.status, problem['code'], problem['ticket_status']];
}

const SHORT_LIVES = {
  SCANGATE_TICKET_LIFE: 'PT1.2S',
  SCANGATE_TICKET_LIFE_MAX: 'PT3S',
  SCANGATE_DECISION_TIME: 'PT1S',
};

let warm: Warm;

beforeAll(() => {
  warm = startWarm();
});

afterAll(() => warm.stop());

for (const kind of ['file', 'redis'] as const) {
  describe(`a sign-in on the ${kind} store`, () => {
    let redis: Redis | undefined;
    let gateway: WarmGateway;
    let hasty: WarmGateway;

    beforeAll(async () => {
      if (kind === 'redis') redis = await startRedis();
      const env = (database: number): Record<string, string> =>
        redis === undefined ? {} : { SCANGATE_STORE: redis.database(database) };
      gateway = await warm.gateway(env(0));
      hasty = await warm.gateway({ ...env(1), ...SHORT_LIVES });
    });

    afterAll(async () => {
      await Promise.all([gateway?.stop(), hasty?.stop()]);
      await redis?.stop();
    });

    for (const transport of TRANSPORTS) {
      for (const binding of ['bearer', 'cookie'] as const) {
        test(`approved, told over ${transport}, by ${binding}`, async () => {
          const { watching, tokens, ticket } = await signIn(gateway.url, {
            transport,
            mint: { binding, scope: 'openid profile', state: 'xyz', nonce: 'n-1' },
          });
          expect(watching.notices.map((notice) => notice.status)).toEqual([
            'pending',
            'scanned',
            'confirmed',
          ]);
          const { result } = await watching.final;
          expect(result?.state).toBe('xyz');
          expect(new URL(result?.redirect_to ?? '').searchParams.get('iss')).toBe(gateway.url);
          expect(tokens.token_type).toBe('Bearer');
          expect(tokens.id_token?.split('.')).toHaveLength(3);
          expect(expectStatus(await look(ticket), 200).status).toBe('redeemed');
        });
      }

      test(`denied, told over ${transport}`, async () => {
        const ticket = await mint(gateway.url);
        const watching = watch(transport, ticket);
        const scanned = expectStatus(
          await scan(gateway.url, readScanCode(await watching.told('pending'))),
          201,
        );
        await watching.told('scanned');
        expect(expectStatus(await deny(gateway.url, scanned), 200)).toEqual({ status: 'denied' });
        expect((await watching.final).status).toBe('denied');
        const late = await confirm(gateway.url, scanned);
        expect(refusalOf(late)).toEqual([409, 'already_denied', 'denied']);
      });

      test(`cancelled, told over ${transport}`, async () => {
        const ticket = await mint(gateway.url);
        const watching = watch(transport, ticket);
        await watching.told('pending');
        expectStatus(await cancel(ticket), 204);
        expectStatus(await cancel(ticket), 204);
        expect((await watching.final).status).toBe('cancelled');
      });

      test(`expired, told over ${transport}`, async () => {
        const ticket = await mint(hasty.url);
        const watching = watch(transport, ticket);
        expect((await watching.final).status).toBe('expired');
        const late = await scan(hasty.url, readScanCode(ticket.notice));
        expect(refusalOf(late).slice(0, 2)).toEqual([410, 'expired']);
      });

      test(`scanned by a second user, told over ${transport}`, async () => {
        const ticket = await mint(gateway.url);
        const watching = watch(transport, ticket);
        const code = readScanCode(await watching.told('pending'));
        const first = expectStatus(await scan(gateway.url, code, 'alice'), 201);
        const again = expectStatus(await scan(gateway.url, code, 'alice'), 200);
        expect(again.handshake).toBe(first.handshake);
        const second = await scan(gateway.url, code, 'bob');
        expect(refusalOf(second).slice(0, 2)).toEqual([409, 'already_scanned']);
        const stolen = await confirm(gateway.url, first, 'bob');
        expect(refusalOf(stolen)).toEqual([404, 'not_found', undefined]);
        expectStatus(await confirm(gateway.url, first, 'alice'), 200);
        expectStatus(await confirm(gateway.url, first, 'alice'), 200);
        expect((await watching.final).status).toBe('confirmed');
        watching.stop();
      });
    }

    test('an unknown id, a wrong secret and a foreign one are answered alike', async () => {
      const [mine, other] = await Promise.all([mint(gateway.url), mint(gateway.url)]);
      const foreign = await look({ ...mine, secretHeaders: other.secretHeaders });
      const unknown = await look({
        ...mine,
        links: { ...mine.links, self: `${gateway.url}/v1/tickets/${'A'.repeat(22)}` },
      });
      const almost = `${mine.secret.slice(0, -2)}${mine.secret.endsWith('AA') ? 'BA' : 'AA'}`;
      const wrong = await look({ ...mine, secretHeaders: { authorization: `Bearer ${almost}` } });
      for (const answer of [foreign, unknown, wrong]) {
        expect(answer.status).toBe(404);
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        expect(answer.text).toBe(foreign.text);
      }
    });

    test('a code is redeemed once, and a lost answer is given again', async () => {
      const { ticket, code, tokens } = await signIn(gateway.url);
      const again = await redeem(gateway.url, ticket, code);
      expect([again.status, (again.body as unknown as { error: string }).error]).toEqual([
        400,
        'invalid_grant',
      ]);
      const next = await mint(gateway.url);
      const scanned = expectStatus(await scan(gateway.url, readScanCode(next.notice)), 201);
      expectStatus(await confirm(gateway.url, scanned), 200);
      const result = expectStatus(await look(next), 200).result;
      const first = expectStatus(
        await redeem(gateway.url, next, result?.code ?? '', { idempotencyKey: 'k1' }),
        200,
      );
      const second = expectStatus(
        await redeem(gateway.url, next, result?.code ?? '', { idempotencyKey: 'k1' }),
        200,
      );
      expect(second).toEqual(first);
      expect(first.access_token).not.toBe(tokens.access_token);
      expect((await redeem(gateway.url, next, result?.code ?? '', { idempotencyKey: 'k2' })).status).toBe(
        400,
      );
    });
  });
}
