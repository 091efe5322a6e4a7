import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Registration } from '../../src/oauth/registration/registered-client.ts';
import { registrations } from '../../src/oauth/registration/registrations.ts';
import { startEdge } from '../http/fixture.ts';
import type { RunningEdge } from '../http/fixture.ts';

const MAX = 5;
let edge: RunningEdge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.stop());

const one = (index: number): Registration =>
  ({ client_id: `dyn_${String(index).padStart(22, 'x')}`, revision: 'r' }) as unknown as Registration;

test('attack: clients that register at one time do not get past the bound, and refused ones leave nothing', async () => {
  const kept = registrations({ ledger: edge.ledger, max: MAX, lifeMs: 60_000 });
  for (let index = 0; index < MAX - 1; index += 1) await kept.add(one(index));
  const tried = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => kept.add(one(10 + index))));
  expect(tried.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
  expect((await kept.marks()).length).toBeLessThanOrEqual(MAX);
  const late = await kept.add(one(99)).then(
    () => 'added',
    () => 'refused',
  );
  expect(await kept.marks()).toHaveLength(MAX);
  expect(await kept.find(one(99).client_id)).toEqual(late === 'added' ? one(99) : undefined);
  await expect(kept.add(one(100))).rejects.toMatchObject({ error: 'temporarily_unavailable' });
});
