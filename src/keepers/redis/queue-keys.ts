/**
 * Every key of the queues on Redis, under one hash tag, so that one script is one step, and a Cluster has them on one server.
 *
 *     read            hash: chain → how far it was read; `begun`
 *     receivers       sorted set: receivers by when something was put for them, or they joined
 *     joined          hash: receiver → JSON of the links behind which it is told, `{"<chain>": link}`, where not all that is read is for it
 *     state:<r>       hash: how the queue stands: `last` number given away, `count`, `bytes`, `gone`, `dead`; the gap that nothing tells of
 *                     (`gap_count`, `gap_from`, `gap_to`); which node has it (`owner`, `until`), and the last place it was given (`given`)
 *     queue:<r>       stream: what waits, as `i`, `s` and `t`; an id is a number that counts, and a nonce of its put
 *     tries:<r>       hash: place → how often it was tried, and when
 *     dead:<r>        stream: dead letters, with `n` tries and the reason `r`; the time stands in the id
 */
const TAG = '{sg:0}webhooks:';

export const READ_KEY = `${TAG}read`;
export const JOINED_KEY = `${TAG}joined`;
export const RECEIVERS_KEY = `${TAG}receivers`;

/** The keys of one receiver. */
export interface ReceiverKeys {
  readonly state: string;
  readonly queue: string;
  readonly tries: string;
  readonly dead: string;
}

export function receiverKeys(receiver: string): ReceiverKeys {
  return {
    state: `${TAG}state:${receiver}`,
    queue: `${TAG}queue:${receiver}`,
    tries: `${TAG}tries:${receiver}`,
    dead: `${TAG}dead:${receiver}`,
  };
}
