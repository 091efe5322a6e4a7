/**
 * What a ticket costs the redo ring of a gateway: its memory with its events as they are acknowledged and then read from
 * the feed, and the time that this takes an event. Run with `node --expose-gc`, after `npm run build`.
 */
import { randomBytes } from 'node:crypto';
import { RedoRing } from '../dist/store/redis/failover/redo-ring.js';
import { entryOf } from '../dist/store/redis/format/log-entry.js';

const TICKETS = Number(process.env.TICKETS ?? 50_000);
const PARTITIONS = 16;
const AT = 1_800_000_000_000;
const PHONE = {
  user: { source: 'demo', issuer: 'demo', subject: 'ada', name: 'Ada' },
  phone: { ip: '127.0.0.1' },
};
/** @type {readonly (readonly [type: string, data: object])[]} */
const STEPS = [
  [
    'minted',
    {
      client_id: 'demo',
      grant: 'authorization_code',
      binding: 'cookie',
      key_id: 'AAAAAAAA',
      scope: ['openid', 'profile'],
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      browser: {
        ip: '127.0.0.1',
        agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      },
      lives: {
        ticket_ms: 120_000,
        decision_ms: 90_000,
        max_ms: 180_000,
        code_ms: 60_000,
        qr_period_ms: 30_000,
      },
      shows_scanner: true,
      number_match: false,
    },
  ],
  ['scanned', PHONE],
  ['confirmed', {}],
];

function heap() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

const ring = new RedoRing({
  windowMs: 30_000,
  sizeMax: Infinity,
  onFull: () => {},
});
const subjects = Array.from({ length: TICKETS }, () => `ticket:${randomBytes(16).toString('base64url')}`);
const before = heap();
for (const [version, [type, data]] of STEPS.entries()) {
  const begun = performance.now();
  for (const [i, subject] of subjects.entries()) {
    const id = `${version + 1}-${randomBytes(8).readBigUInt64BE()}`;
    const event = { id, type, schema: 1, data: JSON.stringify(data) };
    const now = AT + Math.floor(i / 2);
    const text = entryOf({ subject, expected: null, event }, { id, at: now, deadline: now + 120_000 });
    ring.add(text, i % PARTITIONS, now, now);
    ring.add(Buffer.from(text).toString(), i % PARTITIONS, now, now);
  }
  const microseconds = ((performance.now() - begun) * 1000) / TICKETS;
  const bytes = (heap() - before) / TICKETS;
  const chars = ring.size / TICKETS;
  console.log(
    `${type}: ${bytes.toFixed(0)} bytes a ticket, ${chars.toFixed(0)} characters; ${microseconds.toFixed(1)} µs an event`,
  );
}
