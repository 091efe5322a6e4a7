import { bareCalls, betterAuth, byDevice, contender, oidcProvider, signingIn } from './ways.mjs';

/** The second thousand of sign-ins costs half of the first. */
const WARM_UP_STEPS = 3000;
const AT_ONCE = 32;
const CALLS = 5;

async function open(stage) {
  const redis = await stage.redis();
  return {
    redis,
    gateway: await stage.gateway({ store: redis.url }),
    bare: await stage.server('bench/peers/bare.mjs', [redis.url]),
    oidcProvider: await stage.server('bench/peers/oidc-provider.mjs', [redis.url]),
    betterAuth: await stage.server('bench/peers/better-auth.mjs', [redis.url]),
  };
}

const beside = {
  'five bare calls': contender('bare', bareCalls(CALLS), AT_ONCE),
  'oidc-provider': contender('oidcProvider', oidcProvider, AT_ONCE),
  'better-auth': contender('betterAuth', betterAuth, AT_ONCE),
};

const goals = [
  { of: 'gateway', beside: 'five bare calls', figure: 'a second', least: 0.3 },
  { of: 'gateway', beside: 'oidc-provider', figure: 'a second', least: 1 },
  { of: 'gateway', beside: 'better-auth', figure: 'a second', least: 4 },
  { of: 'gateway', beside: 'five bare calls', figure: 'ms of CPU', most: 3.3 },
  { of: 'gateway', beside: 'oidc-provider', figure: 'ms of CPU', most: 1 },
  { of: 'gateway', beside: 'better-auth', figure: 'ms of CPU', most: 0.25 },
  { of: 'gateway', beside: 'five bare calls', figure: 'ms of Redis', most: 12 },
];

export const signIn = {
  name: 'sign-in',
  says: 'whole sign-ins: mint, SSE watch, scan, confirm, told, redeemed; the others by their device flow, no pages',
  needsPeers: true,
  warmUpSteps: WARM_UP_STEPS,
  goals,
  open,
  contenders: { gateway: contender('gateway', signingIn, AT_ONCE), ...beside },
};

export const device = {
  name: 'device',
  says: 'whole sign-ins by the device flow (RFC 8628), each asked for its tokens once, after the approval',
  needsPeers: true,
  warmUpSteps: WARM_UP_STEPS,
  goals,
  open,
  contenders: { gateway: contender('gateway', byDevice, AT_ONCE), ...beside },
};
