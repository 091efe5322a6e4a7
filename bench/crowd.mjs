/**
 * Browsers that wait, many of them: held by processes of their own with a loopback address each, so that neither descriptors nor
 * local ports end, and each hears by a clock that all processes share.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process may open 20,000 descriptors here, and the server that holds the other ends, too. */
export const HELD_EACH = 10_000;
const HOLDER = fileURLToPath(new URL('crowd-holder.mjs', import.meta.url));
const FIRST_ADDRESS = 2;

/** So many processes that can hold a crowd; `child` of each is for who counts their CPU. */
export function startHolders(count) {
  return Array.from({ length: count }, (_, index) => holder(`127.0.0.${FIRST_ADDRESS + index}`));
}

function holder(address) {
  const child = fork(HOLDER, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ask = (message) =>
    new Promise((resolve, reject) => {
      child.once('message', (said) => {
        if (said.failed === undefined) resolve(said);
        else reject(new Error(said.failed));
      });
      child.send(message);
    });
  return {
    child,

    /** Opens a watch each and waits until all are held. @param watches `{ request, ready, greeting }`. */
    open: (port, watches) => ask({ open: { port, address, watches } }),

    /** From now on it keeps when each socket was first sent `text`. */
    hear: (text) => ask({ hear: text }),

    /** When each was sent it, in the milliseconds of `nowMs`, 0 where it was not. */
    heard: () => ask({ heard: true }),

    leave: () => ask({ leave: true }),

    end: () => child.disconnect(),
  };
}
