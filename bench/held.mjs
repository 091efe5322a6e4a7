/**
 * What one waiting browser costs: resident memory a held connection, each way in a process of its own, beside bare
 * `node:http` and bare `ws` that do nothing but hold. Ratios count; the figures are of one machine.
 */
import { fork } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const CONNECTIONS = Number(process.env.CONNECTIONS ?? 5000);
const WARM_UP = 300;
const WAYS = (process.env.WAYS ?? 'bare-sse sse bare-poll poll bare-ws socket').split(' ');
const HEADERS = [
  'Host: localhost',
  'Connection: keep-alive',
  'sec-ch-ua-platform: "Linux"',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-mobile: ?0',
  'Accept: */*',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Dest: empty',
  'Referer: http://localhost/',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: zh-CN,zh;q=0.9,en;q=0.8',
  `Cookie: scangate_${'A'.repeat(22)}=${'A'.repeat(22)}.b.${'m'.repeat(43)}`,
];
const UPGRADE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: scangate.v1',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
];

console.log(`Node ${process.version}, ${CONNECTIONS} connections each`);
console.log('way          KB a connection   heap KB');
for (const way of WAYS) {
  const { rss, heap } = await measure(way);
  console.log(`${way.padEnd(12)} ${rss.toFixed(1).padStart(15)} ${heap.toFixed(1).padStart(9)}`);
}

async function measure(way) {
  const child = fork(
    fileURLToPath(new URL('held-server.mjs', import.meta.url)),
    [way, String(CONNECTIONS + WARM_UP)],
    { execArgv: ['--expose-gc'] },
  );
  const { port, ids } = await answer(child);
  const warm = await openAll(way, port, ids.slice(CONNECTIONS));
  for (const socket of warm) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = await ask(child);
  const sockets = await openAll(way, port, ids.slice(0, CONNECTIONS));
  const after = await ask(child);
  for (const socket of sockets) socket.destroy();
  child.kill();
  return {
    rss: (after.rss - before.rss) / CONNECTIONS / 1024,
    heap: (after.heap - before.heap) / CONNECTIONS / 1024,
  };
}

function answer(child) {
  return new Promise((resolve) => child.once('message', resolve));
}

function ask(child) {
  child.send('rss');
  return answer(child);
}

async function openAll(way, port, ids) {
  const sockets = [];
  for (let at = 0; at < ids.length; at += 100) {
    sockets.push(...(await Promise.all(ids.slice(at, at + 100).map((id) => open(way, port, id)))));
  }
  return sockets;
}

/** A poll is silent while it is held: it counts as open once it was sent. */
function open(way, port, id) {
  const kind = way.replace('bare-', '').replace('ws', 'socket');
  const path = { sse: `/${id}/events`, poll: `/${id}/poll?after=1-7`, socket: `/${id}/socket` }[kind];
  const headers =
    kind === 'socket'
      ? [...HEADERS.filter((line) => !/^(Connection|Cookie)/.test(line)), ...UPGRADE]
      : HEADERS;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
      if (kind === 'poll') setTimeout(() => resolve(socket), 20);
    });
    socket.on('error', reject);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (kind === 'poll') reject(new Error(text));
      else if (text.includes('pending') || text.includes('xxx')) resolve(socket);
    });
  });
}
