/** Follows a ticket with the ws package, and connects again unless the gateway says that this was all. */
import { WebSocket } from 'ws';

const { SOCKET, SECRET } = process.env;
let cursor;

function connect() {
  console.log('asked');
  const socket = new WebSocket(cursor === undefined ? SOCKET : `${SOCKET}?after=${cursor}`, 'scangate.v1');
  socket.on('open', () => socket.send(JSON.stringify({ bearer: SECRET })));
  socket.on('message', (data) => {
    const notice = JSON.parse(data);
    cursor = notice.cursor;
    console.log(`heard ${JSON.stringify(notice)}`);
  });
  socket.on('error', () => {});
  socket.on('close', (code) => {
    if (code === 1000) console.log('closed');
    else setTimeout(connect, 200);
  });
}
connect();
