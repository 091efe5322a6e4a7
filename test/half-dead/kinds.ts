/** What a connection that will stall is opened to: a gateway, and a ticket of the attacker's own. */
export interface Target {
  readonly port: number;
  readonly ticketId: string;
  readonly secret: string;
}

/** One way to stall: all that such a client ever says. */
export interface Way {
  readonly name: string;
  readonly text: (target: Target) => string;
}

/** Ways to stall that hold the same part of a gateway. */
export interface Kind {
  readonly name: string;
  /** Whether it looks at nothing that it is sent, so that it piles up. */
  readonly unread: boolean;
  readonly ways: readonly Way[];
}

const head = ({ port }: Target, request: string, ...headers: readonly string[]): string =>
  [`${request} HTTP/1.1`, `Host: localhost:${port}`, ...headers, '', ''].join('\r\n');

function upgrade(target: Target, path: string, ...headers: readonly string[]): string {
  const hasVersion = headers.some((line) => line.startsWith('Sec-WebSocket-Version'));
  return head(
    target,
    `GET ${path}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...(hasVersion ? [] : ['Sec-WebSocket-Version: 13']),
    ...headers,
  );
}

const post = (target: Target, ...headers: readonly string[]): string =>
  head(target, 'POST /v1/tickets', 'Content-Type: application/json', ...headers);
const socketOf = ({ ticketId }: Target): string => `/v1/tickets/${ticketId}/socket`;
const bearerOf = ({ secret }: Target): string => `Authorization: Bearer ${secret}`;
const LARGE = 'GET /openapi.yaml';
/** As many as one connection may ask for before it takes the answers: more than its system takes by itself. */
const LARGE_ANSWERS = 32;

const way = (name: string, text: Way['text']): Way => ({ name, text });
const kind = (name: string, ways: readonly Way[], { unread = false } = {}): Kind => ({ name, unread, ways });

/** The seven kinds of half-dead connections, with every way of each. */
export const KINDS: readonly Kind[] = [
  kind('silent', [
    way('says nothing', () => ''),
    way('keeps an idle connection', (target) => head(target, 'GET /livez')),
  ]),
  kind('half a head', [
    way('begins a head', () => 'GET /livez HTTP/1.1\r\nHost: x\r\nX-'),
    way('begins a second head', (target) => `${head(target, 'GET /livez')}GET /livez HTTP/1.1\r\nHost`),
  ]),
  kind('half a body', [
    way('begins a body', (target) => `${post(target, 'Content-Length: 100')}{`),
    way('begins a chunked body', (target) => `${post(target, 'Transfer-Encoding: chunked')}5\r\n{`),
    way('waits to be told to go on', (target) => post(target, 'Content-Length: 100', 'Expect: 100-continue')),
  ]),
  kind('ended request', [
    way('sends no HTTP', () => 'nonsense\r\n\r\n'),
    way('sends a head too large', (target) => head(target, 'GET /livez', `X: ${'x'.repeat(20_000)}`)),
    way('has itself refused', (target) => head(target, 'GET /nothing')),
    way('asks to close', (target) => head(target, 'GET /livez', 'Connection: close')),
    way('sends no HTTP behind a request', (target) => `${head(target, 'GET /livez')}nonsense\r\n\r\n`),
    way('asks for a tunnel', (target) => head(target, 'CONNECT evil.example:443')),
  ]),
  kind('refused upgrade', [
    way('asks for an upgrade from elsewhere', (target) =>
      upgrade(target, socketOf(target), 'Origin: https://evil.example'),
    ),
    way('asks for an upgrade of nothing', (target) => upgrade(target, '/nothing')),
    way('asks for an upgrade of another version', (target) =>
      upgrade(target, socketOf(target), 'Sec-WebSocket-Version: 7'),
    ),
    way('asks for another protocol', (target) =>
      head(target, 'GET /livez', 'Connection: Upgrade', 'Upgrade: h2c'),
    ),
  ]),
  kind('silent socket', [
    way('opens a socket and says nothing', (target) => upgrade(target, socketOf(target))),
    way('opens a socket and answers no ping', (target) =>
      upgrade(target, socketOf(target), bearerOf(target)),
    ),
  ]),
  kind(
    'unread answer',
    [
      way('reads no stream', (target) =>
        head(target, `GET /v1/tickets/${target.ticketId}/events`, bearerOf(target)),
      ),
      way('reads no poll', (target) =>
        head(target, `GET /v1/tickets/${target.ticketId}/poll`, bearerOf(target)),
      ),
      way('reads no large answers', (target) => head(target, LARGE).repeat(LARGE_ANSWERS)),
      way(
        'reads no large last answers',
        (target) => head(target, LARGE).repeat(LARGE_ANSWERS - 1) + head(target, LARGE, 'Connection: close'),
      ),
    ],
    { unread: true },
  ),
];
