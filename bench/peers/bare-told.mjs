/**
 * The bare limit of being told: `node:http` that holds by SSE, `POST /publish/:id` that keeps a head and appends to a stream, and one
 * reader a node that waits for the stream, reads the head back and writes to the socket. No code of the gateway's.
 */
import { createServer } from 'node:http';
import { Redis } from 'ioredis';

const [port, url] = process.argv.slice(2);
const redis = new Redis(url, { enableAutoPipelining: true });
const reader = new Redis(url);
const waiting = new Map();

createServer((request, response) => {
  const id = request.url.slice(request.url.lastIndexOf('/') + 1);
  if (request.method === 'POST') publish(id, request, response);
  else if (id === '') response.end('ok');
  else void hold(id, response);
}).listen(Number(port), '127.0.0.1');
void tell();

async function hold(id, response) {
  const head = await redis.get(`bare:${id}`);
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(`data: ${head ?? '{"status":"pending"}'}\n\n`);
  waiting.set(id, response);
  response.on('close', () => waiting.delete(id));
}

function publish(id, request, response) {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => (text += chunk));
  request.on('end', async () => {
    await Promise.all([
      redis.set(`bare:${id}`, text, 'PX', 180_000),
      redis.xadd('bare:log', 'MAXLEN', '~', 100_000, '*', 'id', id),
    ]);
    response.writeHead(201, { 'Content-Length': 2 }).end('{}');
  });
}

async function tell() {
  let last = '$';
  for (;;) {
    const read = await reader.xread('COUNT', 1000, 'BLOCK', 1000, 'STREAMS', 'bare:log', last);
    for (const [entry, [, id]] of read?.[0][1] ?? []) {
      last = entry;
      const response = waiting.get(id);
      if (response !== undefined)
        void redis.get(`bare:${id}`).then((head) => response.write(`data: ${head}\n\n`));
    }
  }
}
