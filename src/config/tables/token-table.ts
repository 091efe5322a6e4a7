import { setting } from '../setting.ts';
import type { Setting } from '../setting.ts';

/** The settings of tokens, sessions and devices. */
export const TOKEN_SETTINGS = {
  SCANGATE_ACCESS_TOKEN_LIFE: setting('duration', 'PT10M', 'an access token’s life', {
    min: 100,
    max: 86_400_000,
  }),
  SCANGATE_SESSION_LIFE: setting('duration', 'P30D', "a session's longest life", {
    min: 100,
    max: 400 * 86_400_000,
  }),
  SCANGATE_KNOWN_BROWSER_LIFE: setting(
    'duration',
    'P90D',
    'how long a browser is known after a sign-in on the gateway’s own page',
    { min: 1000 },
  ),
  SCANGATE_REPLAY_WINDOW: setting(
    'duration',
    'PT10S',
    'how long a lost answer of a redemption or refresh is given again',
    { min: 0, max: 60_000 },
  ),
  SCANGATE_IDEMPOTENCY_LIFE: setting('duration', 'PT10M', 'how long an Idempotency-Key is remembered', {
    min: 100,
    max: 86_400_000,
  }),

  SCANGATE_REGISTRATION_TOKEN: setting(
    'list',
    undefined,
    'initial access tokens (RFC 7591), each of 20 characters or more: with any of them a client registers itself at `/oauth/register`; none: no client can',
    { secret: true },
  ),
  SCANGATE_REGISTRATION_LIFE: setting(
    'duration',
    'P90D',
    'how long a client that registered itself lives, from when it was last read or updated',
    { min: 1000, max: 400 * 86_400_000 },
  ),
  SCANGATE_REGISTRATIONS_MAX: setting('count', '1000', 'clients that may have registered themselves', {
    min: 1,
    max: 10_000,
  }),

  SCANGATE_DEVICE_INTERVAL: setting('duration', 'PT5S', "time between a device's polls", {
    min: 1000,
    max: 60_000,
  }),
  SCANGATE_USER_CODE_TRIES: setting('count', '10', 'wrong user codes that shut a user out', {
    min: 1,
    max: 1000,
  }),
  SCANGATE_USER_CODE_BUDGET: setting(
    'count',
    '1000',
    'wrong user codes of everybody, from which on codes are looked up late, by up to 3 s',
    { min: 1, max: 1_000_000 },
  ),
  SCANGATE_USER_CODE_WINDOW: setting('duration', 'PT10M', 'how long wrong user codes count', {
    min: 1000,
    max: 86_400_000,
  }),
} as const satisfies Record<string, Setting>;
