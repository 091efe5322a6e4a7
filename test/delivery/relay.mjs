/**
 * A relay of TCP in a process of its own: `relay.mjs <port> <to port>`. A SIGKILL cuts everything that goes through it
 * at once, and thousands of connections do not share one process' descriptors with those who opened them.
 */
import { connect, createServer } from 'node:net';

const [port, to] = process.argv.slice(2).map(Number);
const relay = createServer({ noDelay: true }, (client) => {
  const server = connect({ port: to, host: '127.0.0.1', noDelay: true });
  client.on('error', () => server.destroy()).on('close', () => server.destroy());
  server.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.pipe(server).pipe(client);
});
relay.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => console.log('relays'));
