import { expect, test } from '@jest/globals';
import { array, assert, boolean, constantFrom, nat, property, record, string } from 'fast-check';
import { mintedOfRow, mintedRow } from '../../src/store/minted-row.ts';
import { RUN } from '../ticket/arbitrary.ts';

const minted = record(
  {
    client_id: string(),
    grant: constantFrom('authorization_code' as const, 'device_code' as const),
    binding: constantFrom('cookie' as const, 'bearer' as const),
    key_id: string(),
    redirect_uri: string(),
    state: string(),
    scope: array(constantFrom('openid', 'profile', 'offline_access')),
    nonce: string(),
    code_challenge: string(),
    browser: record({ ip: string(), agent: string(), place: string() }, { requiredKeys: ['ip', 'agent'] }),
    lives: record({
      ticket_ms: nat(),
      decision_ms: nat(),
      max_ms: nat(),
      code_ms: nat(),
      qr_period_ms: nat(),
    }),
    shows_scanner: boolean(),
    number_match: boolean(),
  },
  {
    requiredKeys: [
      'client_id',
      'grant',
      'binding',
      'key_id',
      'scope',
      'browser',
      'lives',
      'shows_scanner',
      'number_match',
    ],
  },
);

test('a row, written as JSON and read again, is what the ticket was minted with', () => {
  assert(
    property(minted, (data) => {
      expect(mintedOfRow(JSON.parse(JSON.stringify(mintedRow(data))))).toEqual(data);
    }),
    RUN,
  );
});
