import { expect, test } from '@jest/globals';
import { array, assert, boolean, constantFrom, nat, option, property, record, string } from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { mintedOfRow, mintedRow } from '../../src/store/minted-row.ts';
import type { Device, Lives, MintedData } from '../../src/ticket/events.ts';
import { RUN } from '../ticket/arbitrary.ts';

type Arbitraries<T> = { readonly [M in keyof T]-?: Arbitrary<T[M] | undefined> };

const perhaps = option(string(), { nil: undefined });

/** Every member by name: one that is missing here does not compile. */
const MEMBERS: Arbitraries<MintedData> = {
  client_id: string(),
  grant: constantFrom('authorization_code', 'device_code'),
  binding: constantFrom('cookie', 'bearer'),
  key_id: string(),
  redirect_uri: perhaps,
  state: perhaps,
  scope: array(constantFrom('openid', 'profile', 'offline_access')),
  nonce: perhaps,
  code_challenge: perhaps,
  claims: constantFrom({ id_token: ['email'], userinfo: [] }, undefined),
  resource: perhaps,
  dpop_jkt: perhaps,
  max_age: option(nat(), { nil: undefined }),
  expected_sub: perhaps,
  result_key: constantFrom({ x: 'x', y: 'y' }, undefined),
  requested_at: option(nat(), { nil: undefined }),
  form_post: constantFrom('code', 'id_token', undefined),
  browser: record({ ip: string(), agent: string(), place: perhaps } satisfies Arbitraries<Device>).map(
    present<Device>,
  ),
  lives: record({
    ticket_ms: nat(),
    decision_ms: nat(),
    max_ms: nat(),
    code_ms: nat(),
    qr_period_ms: nat(),
  } satisfies Arbitraries<Lives>).map(present<Lives>),
  shows_scanner: boolean(),
  number_match: boolean(),
  number_shown: constantFrom(true, undefined),
  accept: constantFrom('doubt', 'new_browser', 'always', undefined),
  request_key: perhaps,
  known_browser: constantFrom({ key: 'a-browser', users: ['a-user'] }, undefined),
};

/** Without the members that are undefined. */
function present<T>(members: object): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

const minted = record(MEMBERS).map((members) => present<MintedData>(members));

test('a row, written as JSON and read again, is what the ticket was minted with', () => {
  assert(
    property(minted, (data) => {
      expect(mintedOfRow(JSON.parse(JSON.stringify(mintedRow(data))))).toStrictEqual(data);
    }),
    RUN,
  );
});
