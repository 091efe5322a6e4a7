/** Fills a Redis with tickets by the gateway's own store and commands, as fast as these go: what a long day leaves there. */
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { ticketCommands } from '../dist/command/ticket-commands.js';
import { openRedisStore } from '../dist/store/redis/open.js';
import { REDIS_DEFAULTS } from '../dist/store/redis/redis-settings.js';
import { systemTime } from '../dist/time/system-time.js';

const AT_ONCE = 256;
const HOUR_MS = 3_600_000;
const TRIES_MAX = 20;
const MINTED = {
  client_id: 'shop',
  grant: 'authorization_code',
  binding: 'cookie',
  key_id: 'AAAAAAAA',
  redirect_uri: 'https://shop.example/callback',
  scope: ['openid', 'profile'],
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  browser: { ip: '203.0.113.7', agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0' },
  lives: {
    ticket_ms: HOUR_MS,
    decision_ms: HOUR_MS,
    max_ms: HOUR_MS,
    code_ms: HOUR_MS,
    qr_period_ms: 30_000,
  },
  shows_scanner: true,
  number_match: false,
};
const ADA = { source: 'jwt', issuer: 'https://id.example', subject: 'ada', name: 'Ada' };
const OPENING = {
  sid: ({ ticketId }) => ticketId,
  open: ({ ticketId, ticket }) => ({
    ticket_id: ticketId,
    confirmed_id: ticket.confirmed.id,
    key_id: MINTED.key_id,
    client_id: MINTED.client_id,
    user: ADA,
    scope: MINTED.scope,
    auth_time: Math.floor(Date.now() / 1000),
    browser: MINTED.browser,
    life_ms: HOUR_MS,
  }),
};
const PHONE = { ip: '198.51.100.4', agent: 'ShopApp/7.1 (iPhone)' };

export const SCAN = { type: 'scan', user: ADA, phone: PHONE };
export const CONFIRM = { type: 'confirm', user: ADA };
export const REDEEM = { type: 'redeem' };

/** @param historyMs how long what ended is kept, as the gateways beside it say. */
export async function openFill(url, historyMs = HOUR_MS) {
  const store = await openStore(url, historyMs);
  const admin = new Redis(url);
  const commands = ticketCommands({
    store,
    makeNonce: () => randomBytes(8).readBigUInt64BE().toString(),
    tries: 6,
  });
  return {
    admin,

    /** So many new tickets, alive for an hour. @returns their ids. */
    async mint(count) {
      const ids = Array.from({ length: count }, () => randomBytes(16).toString('base64url'));
      await forEach(ids, (id) => commands.mint(id, MINTED));
      return ids;
    },

    /** Does the same to all. @param command `SCAN`, `CONFIRM` or `REDEEM`. */
    run: (ids, command) => forEach(ids, (id) => commands.run(id, command, () => undefined)),

    /** Redeems all, each with a session that lives on. */
    redeem: (ids) => forEach(ids, (id) => commands.redeem(id, undefined, () => undefined, OPENING)),

    /** Bytes that Redis has taken for what it holds. */
    async usedMemory() {
      return Number(/used_memory:(\d+)/.exec(await admin.info('memory'))[1]);
    },

    async close() {
      admin.disconnect();
      await store.close();
    },
  };
}

async function openStore(url, historyMs) {
  for (let tries = 1; ; tries += 1) {
    try {
      const { store } = await openRedisStore({
        url,
        settings: { ...REDIS_DEFAULTS, historyMs, lifeMaxMs: HOUR_MS, callTimeoutMs: 10_000 },
        migrate: true,
        time: systemTime,
        random: Math.random,
        randomText: () => randomBytes(16).toString('hex'),
      });
      return store;
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function forEach(ids, act) {
  let next = 0;
  const work = async () => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) await act(id);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
