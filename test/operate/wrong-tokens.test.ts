import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { line } from '../../src/operate/said.ts';
import { WrongTokens } from '../../src/operate/wrong-tokens.ts';
import type { Time } from '../../src/time/time.ts';
import { until } from '../support/until.ts';

test('wrong tokens are answered one after the other, sixteen wait, and each is told of', async () => {
  const calls: (() => void)[] = [];
  const after: Time['after'] = (_ms, call) => {
    calls.push(call);
    return () => undefined;
  };
  const time = { after } as Time;
  const told: string[] = [];
  const tokens = new WrongTokens({ report: ({ kind, reason }) => told.push(`${kind} ${reason}`), time });
  const answered: number[] = [];
  const guesses = Array.from({ length: 17 }, async () => {
    const req = { socket: {} } as unknown as IncomingMessage;
    answered.push((await tokens.late(req, line(401, 'no'))).status);
  });
  await until(() => answered.length === 1);
  expect(answered).toEqual([429]);
  expect(calls).toHaveLength(1);
  calls[0]?.();
  await until(() => calls.length === 2);
  expect(answered).toEqual([429, 401]);
  tokens.close();
  calls[1]?.();
  await Promise.all(guesses);
  expect(answered).toEqual([429, ...Array.from({ length: 16 }, () => 401)]);
  expect(told).toEqual(Array.from({ length: 17 }, () => 'brute_force admin_token'));
});
