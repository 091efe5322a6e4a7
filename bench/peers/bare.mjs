/**
 * The bare limit: `node:http`, and for each POST one script call by ioredis with auto-pipelining (XADD and SET, as a
 * ticket's first event needs them), an answer of a ticket's size. No code of the gateway's.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Redis } from 'ioredis';

const [port, url] = process.argv.slice(2);
const redis = new Redis(url, { enableAutoPipelining: true });
redis.defineCommand('record', {
  numberOfKeys: 2,
  lua: `redis.call('SET', KEYS[2], ARGV[1], 'PX', 180000)
    return redis.call('XADD', KEYS[1], 'MAXLEN', '~', 100000, '*', 'e', ARGV[1])`,
});
const EVENT = JSON.stringify({ client_id: 'demo', scope: ['openid'], filler: 'x'.repeat(400) });
const FILLER = 'x'.repeat(700);

async function answer(response) {
  const id = randomBytes(16).toString('base64url');
  const cursor = await redis.record('{bare}:log', `{bare}:${id}`, EVENT);
  const body = JSON.stringify({ ticket_id: id, cursor, filler: FILLER });
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

createServer((request, response) => {
  if (request.method !== 'POST') return void response.end('ok');
  request.resume();
  request.on('end', () => void answer(response));
}).listen(Number(port), '127.0.0.1');
