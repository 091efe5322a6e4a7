/**
 * Holds a part of a crowd, in a process of its own: a process may hold so many descriptors, and what the sender does must not delay
 * what is heard here. The parent sends, over the channel of `fork`:
 *
 *     { open: { port, address, watches: [{ request, ready, greeting }] } }   answered by { opened: how many }
 *     { hear: text }       from now on it keeps when each was sent this text; answered by { hears: true }
 *     { heard: true }      answered by { at: milliseconds of nowMs each, 0 where it was not }
 *     { leave: true }      closes all; answered by { left: true }
 *
 * A failure is answered by { failed: why }.
 */
import { connect } from 'node:net';
import { SILENT_MAX_MS } from './connection.mjs';
import { nowMs } from './load.mjs';

const AT_ONCE = 100;
let sockets = [];
let heardAt = new Float64Array();
let text = '';

process.on('message', (message) => {
  void answer(message).then(
    (said) => process.send(said),
    (error) => process.send({ failed: error.message }),
  );
});
process.on('disconnect', () => process.exit());

async function answer(message) {
  if ('open' in message) return { opened: await open(message.open) };
  if ('hear' in message) {
    text = message.hear;
    return { hears: true };
  }
  if ('heard' in message) return { at: heardAt };
  for (const socket of sockets) socket.resetAndDestroy();
  sockets = [];
  return { left: true };
}

async function open({ port, address, watches }) {
  heardAt = new Float64Array(watches.length);
  text = '';
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, watches.length) }, async () => {
      while (next < watches.length) {
        const index = next;
        next += 1;
        sockets.push(await openOne(port, address, watches[index], index));
      }
    }),
  );
  return sockets.length;
}

/** A socket that waits, once `ready` has come. `greeting` is sent behind the head of the answer, where the protocol wants one. */
function openOne(port, localAddress, { request, ready, greeting }, index) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true }, () =>
      socket.write(request),
    );
    let come = '';
    let greeted = greeting === undefined;
    function look(chunk) {
      come += chunk;
      if (!/^HTTP\/1.1 (200|101)/.test(come)) return reject(new Error(`not held: ${come}`));
      if (!greeted && come.includes('\r\n\r\n')) {
        greeted = true;
        socket.write(Buffer.from(greeting, 'latin1'));
      }
      if (!come.includes(ready)) return undefined;
      socket.setTimeout(0);
      socket.off('data', look).on('data', (bytes) => hear(bytes, index));
      return resolve(socket);
    }
    socket.setTimeout(SILENT_MAX_MS, () => reject(new Error(`silent for ${SILENT_MAX_MS} ms: ${come}`)));
    socket.setEncoding('latin1').on('data', look);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed: ${come}`)));
  });
}

function hear(bytes, index) {
  if (text !== '' && heardAt[index] === 0 && bytes.includes(text)) heardAt[index] = nowMs();
}
