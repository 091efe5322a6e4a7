import { connect } from 'node:net';
import { NotPlayed } from './not-played.ts';

const ANSWER_WITHIN_MS = 5000;
/** An array of two bulk strings (RESP): the address and the port. */
const ADDRESS = /^\*2\r\n\$\d+\r\n\S+\r\n\$\d+\r\n(\d+)\r\n/;

/** The port of the master that the Sentinel at this port of loopback knows now. @throws NotPlayed */
export function currentMaster(sentinelPort: number, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => {
      socket.destroy();
      reject(new NotPlayed(`the Sentinel at port ${sentinelPort} named no master: ${why}`));
    };
    const socket = connect(sentinelPort, '127.0.0.1');
    socket.setEncoding('utf8').setTimeout(ANSWER_WITHIN_MS, () => fail('it does not answer'));
    socket.on('error', ({ message }) => fail(message)).on('close', () => fail(said.trim()));
    socket.on('data', (text: string) => {
      said += text;
      const port = ADDRESS.exec(said)?.[1];
      if (port === undefined) return;
      resolve(Number(port));
      socket.destroy();
    });
    socket.write(`SENTINEL GET-MASTER-ADDR-BY-NAME ${name}\r\n`);
  });
}
