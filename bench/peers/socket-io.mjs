/** socket.io: whoever connects waits in a room of its own, and `POST /publish/:id` tells that room, over Redis Streams between nodes. */
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const [port, url] = process.argv.slice(2);
const server = createServer(answer);
const io = new Server(server, {
  ...(url === undefined ? {} : { adapter: createAdapter(new Redis(url)) }),
  transports: ['websocket'],
  pingInterval: 3_600_000,
  serveClient: false,
  cors: { origin: '*' },
});
io.on('connection', (socket) => {
  void socket.join(socket.handshake.query.id);
  socket.emit('ticket', 'pending');
});
server.listen(Number(port), '127.0.0.1');

function answer(request, response) {
  if (request.method !== 'POST') return void response.end('ok');
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    io.to(request.url.slice('/publish/'.length)).emit('ticket', text);
    response.writeHead(201, { 'Content-Length': 2 }).end('{}');
  });
}
