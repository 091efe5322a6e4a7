/** A page that follows the ticket named in its fragment, with the reader named there, and tells its console. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const script = `
const { reader, events, socket, secret } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
const headers = { authorization: 'Bearer ' + secret };
window.lines = [];
const tell = (line) => {
  lines.push(line);
  console.log(line);
};
const heard = (data) => tell('heard ' + data);
const ways = {
  async 'event-source-polyfill'() {
    await import('/node_modules/event-source-polyfill/src/eventsource.js');
    const source = new EventSourcePolyfill(events, { headers });
    source.addEventListener('ticket', ({ data }) => heard(data));
    source.addEventListener('message', ({ data }) => tell('stray ' + data));
    source.addEventListener('error', () => source.readyState === 2 && tell('closed'));
  },
  async 'fetch-event-source'() {
    const { fetchEventSource } = await import('/node_modules/@microsoft/fetch-event-source/lib/esm/index.js');
    let isLast = false;
    await fetchEventSource(events, {
      headers,
      openWhenHidden: true,
      onmessage({ data }) {
        isLast = !['pending', 'scanned'].includes(JSON.parse(data).status);
        heard(data);
      },
      onclose() {
        if (!isLast) throw new Error('not yet');
      },
    });
    tell('closed');
  },
  async WebSocket() {
    let cursor;
    const connect = () => {
      tell('asked');
      const connection = new WebSocket(cursor === undefined ? socket : socket + '?after=' + cursor, 'scangate.v1');
      connection.addEventListener('open', () => connection.send(JSON.stringify({ bearer: secret })));
      connection.addEventListener('message', ({ data }) => {
        ({ cursor } = JSON.parse(data));
        heard(data);
      });
      connection.addEventListener('close', ({ code }) => {
        if (code === 1000) tell('closed');
        else setTimeout(connect, 200);
      });
    };
    connect();
  },
  async 'reconnecting-websocket'() {
    const { default: ReconnectingWebSocket } = await import('/node_modules/reconnecting-websocket/dist/reconnecting-websocket-mjs.js');
    let cursor;
    const address = () => {
      tell('asked');
      return cursor === undefined ? socket : socket + '?after=' + cursor;
    };
    const connection = new ReconnectingWebSocket(address, 'scangate.v1');
    connection.addEventListener('open', () => connection.send(JSON.stringify({ bearer: secret })));
    connection.addEventListener('message', ({ data }) => {
      ({ cursor } = JSON.parse(data));
      heard(data);
    });
  },
};
ways[reader]().catch((error) => tell('stray ' + error.message));
`;

createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const isScript = pathname !== '/';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  if (pathname === '/')
    response.end('<!doctype html><title>Reader</title><script type="module" src="/page.js"></script>');
  else if (pathname === '/page.js') response.end(script);
  else {
    const file = [join('.', pathname), join('.', pathname + '.js')].find((path) => existsSync(path));
    response.end(file === undefined ? '' : readFileSync(file));
  }
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
