/** Browsers that wait, as Chrome asks: their tickets, and raw sockets that cost the load's core as little as they can. */
import { connect } from 'node:net';
import { createHash } from 'node:crypto';
import { Connection, SILENT_MAX_MS, jsonOf, requestOf } from './connection.mjs';

export const VERIFIER = 'v'.repeat(43);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');
const MINTERS = 16;
/** A process may open 20,000 descriptors, on either side; so many wait for one server where one process holds them all. */
export const HELD_BY_ONE = 15_000;
const OPENING_AT_ONCE = 100;
/** A poll is silent while it is held: it counts as open once it was sent and not answered for so long. */
const SILENT_MS = 30;

const HEADERS = [
  'sec-ch-ua-platform: "Linux"',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-mobile: ?0',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: cors',
  'Sec-Fetch-Dest: empty',
  'Referer: http://localhost/',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: zh-CN,zh;q=0.9,en;q=0.8',
];
export const STREAM = 'Accept: text/event-stream';
const ANYTHING = 'Accept: */*';
const UPGRADE = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
];

/** Tickets of the demo client, each bound by a cookie to its browser. */
export async function mintTickets(port, count) {
  const host = `localhost:${port}`;
  const request = requestOf('POST', '/v1/tickets', {
    headers: { Origin: `http://${host}` },
    json: { client_id: 'demo', code_challenge: CHALLENGE, code_challenge_method: 'S256' },
    host,
  });
  const tickets = [];
  await Promise.all(
    Array.from({ length: MINTERS }, async () => {
      const connection = new Connection(port);
      for (let wanted = true; wanted; wanted = tickets.length < count) {
        const answer = await connection.send(request);
        const { ticket_id: id, cursor, scan } = jsonOf(answer, 201, 'mint');
        const [cookie] = /scangate_[^;]+/.exec(answer.head);
        tickets.push({ id, path: `/v1/tickets/${id}`, cookie, cursor, scanUrl: scan.url });
      }
      connection.close();
    }),
  );
  return tickets.slice(0, count);
}

/** What a browser sends to wait for a ticket. @param kind `sse`, `poll` or `socket`. */
export function watchRequest(kind, port, { path, cookie, cursor }) {
  const target = {
    sse: `${path}/events`,
    poll: `${path}/poll?after=${cursor}&wait=55`,
    socket: `${path}/socket`,
  };
  const more = { sse: [STREAM], poll: [ANYTHING], socket: [ANYTHING, 'Sec-WebSocket-Protocol: scangate.v1'] };
  const lines = [`Cookie: ${cookie}`, ...more[kind]];
  return browserRequest(kind === 'socket', port, target[kind], lines);
}

/** A GET with the headers that Chrome sends. */
export function browserRequest(upgrades, port, target, lines = []) {
  const all = [
    `GET ${target} HTTP/1.1`,
    `Host: localhost:${port}`,
    `Origin: http://localhost:${port}`,
    ...HEADERS,
    ...(upgrades ? UPGRADE : ['Connection: keep-alive']),
    ...lines,
  ];
  return `${all.join('\r\n')}\r\n\r\n`;
}

/**
 * A socket that waits, once it `isOpen`.
 *
 * @param isOpen what has come by then; undefined: nothing comes, as to a poll.
 * @param greeting sent once the head of the answer is there.
 */
export function openWatch(port, request, isOpen, greeting) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(request);
      if (isOpen === undefined) setTimeout(() => resolve(socket), SILENT_MS);
    });
    socket.setEncoding('latin1');
    socket.setTimeout(SILENT_MAX_MS, () => reject(new Error(`silent for ${SILENT_MAX_MS} ms: ${text}`)));
    let text = '';
    let greeted = greeting === undefined;
    function look(chunk) {
      text += chunk;
      if (isOpen === undefined || !/^HTTP\/1.1 (200|101)/.test(text)) return reject(new Error(text));
      if (!greeted && text.includes('\r\n\r\n')) {
        greeted = true;
        socket.write(greeting);
      }
      if (!isOpen(text)) return undefined;
      socket.off('data', look);
      socket.setTimeout(0);
      return resolve(socket);
    }
    socket.on('data', look);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed: ${text}`)));
  });
}

/** Opens as many as there are, so many at once. @param open makes the promise of one. */
export async function openAll(items, open, atOnce = OPENING_AT_ONCE) {
  const sockets = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(atOnce, items.length) }, async () => {
      while (next < items.length) {
        const at = next;
        next += 1;
        sockets[at] = await open(items[at], at);
      }
    }),
  );
  return sockets;
}

/** Without a close that lingers: so many local ports there are not. */
export function closeAll(sockets) {
  for (const socket of sockets) socket.resetAndDestroy();
}
