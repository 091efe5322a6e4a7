import { connect } from 'node:net';

/** Sends bytes as they are and answers everything that came back until the connection ended or fell silent. */
export function rawRequest(url: string, request: string | Buffer, quietMs = 300): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let text = '';
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(quietMs + 700, done);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      socket.setTimeout(quietMs, done);
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.write(request);
  });
}
