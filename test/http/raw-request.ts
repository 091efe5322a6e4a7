import { connect } from 'node:net';

const WHOLE_WITHIN_MS = 30_000;

/**
 * Sends bytes as they are and answers all that came back, once the gateway ended the connection or it is whole by `isWhole`.
 *
 * @throws when neither happens.
 */
export function rawRequest(
  url: string,
  request: string | Buffer,
  isWhole: (text: string) => boolean = () => false,
): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let text = '';
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`neither an end nor what was waited for: ${JSON.stringify(text.slice(0, 500))}`));
    }, WHOLE_WITHIN_MS);
    const done = (): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (isWhole(text)) done();
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.write(request);
  });
}
