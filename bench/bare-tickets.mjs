/** What the gateway is held against: bare `node:http`, the same append to the same Redis, an answer of the same size. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { ticketCommands } from '../dist/command/ticket-commands.js';
import { REDIS_DEFAULTS } from '../dist/store/redis/redis-settings.js';
import { openRedisStore } from '../dist/store/redis/open.js';
import { systemTime } from '../dist/time/system-time.js';

const [url, port] = process.argv.slice(2);
const { store } = await openRedisStore({
  url,
  settings: { ...REDIS_DEFAULTS, historyMs: 600_000, lifeMaxMs: 600_000, callTimeoutMs: 2000 },
  migrate: true,
  time: systemTime,
  random: Math.random,
  randomText: () => randomBytes(16).toString('hex'),
});
const commands = ticketCommands({
  store,
  makeNonce: () => randomBytes(8).readBigUInt64BE().toString(),
  tries: 6,
});
const DATA = {
  client_id: 'demo',
  grant: 'authorization_code',
  binding: 'bearer',
  key_id: 'AAAAAAAA',
  scope: ['openid'],
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  browser: { ip: '127.0.0.1', agent: '' },
  lives: { ticket_ms: 120_000, decision_ms: 90_000, max_ms: 180_000, code_ms: 60_000, qr_period_ms: 30_000 },
  shows_scanner: true,
  number_match: false,
};
const FILLER = 'x'.repeat(700);

async function answer(response) {
  const { ticketId } = await commands.mint(randomBytes(16).toString('base64url'), DATA);
  const body = JSON.stringify({ ticket_id: ticketId, filler: FILLER });
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

createServer((request, response) => {
  if (request.method !== 'POST') return void response.end('ok');
  request.on('data', () => undefined);
  request.on('end', () => void answer(response));
}).listen(Number(port), '127.0.0.1');
