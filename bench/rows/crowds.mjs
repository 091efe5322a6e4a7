/** Who waits in a crowd at each contender, as `crowd.mjs` opens it, and how one of it is told at the other node. */
import { STREAM, browserRequest, mintTickets, watchRequest } from '../browsers.mjs';
import { jsonOf, requestOf } from '../connection.mjs';
import { SOCKET_IO_CONNECT, socketIoRequest } from './held.mjs';

const MESSAGE = { status: 'confirmed', filler: 'x'.repeat(280) };
const PHONE = { authorization: 'Bearer demo-bench' };
let crowds = 0;

export const bareWatch = (port, id) => ({
  request: browserRequest(false, port, `/wait/${id}`),
  ready: '"pending"',
});

export const socketIoWatch = (port, id) => ({
  request: socketIoRequest(port, id),
  ready: '"pending"',
  greeting: SOCKET_IO_CONNECT.toString('latin1'),
});

export const nchanWatch = (port, id) => ({
  request: browserRequest(false, port, `/wait/${id}`, [STREAM]),
  ready: ': hi',
});

/** A crowd where each waits at a channel of its own. */
export function channelCrowd(watch) {
  return (here, _, browsers) => {
    const crowd = (crowds += 1);
    const ids = Array.from({ length: browsers }, (_, index) => `crowd${crowd}-${index}`);
    return {
      watches: ids.map((id) => watch(here, id)),
      ready: () => undefined,
      tell: (sender, number) => sender.send(requestOf('POST', `/publish/${ids[number]}`, { json: MESSAGE })),
    };
  };
}

/** A crowd of tickets; one is told by its confirmation, so it is scanned before. */
export async function ticketCrowd(here, there, browsers) {
  const tickets = await mintTickets(here, browsers);
  const host = `localhost:${there}`;
  return {
    watches: tickets.map((ticket) => ({ request: watchRequest('sse', here, ticket), ready: '"pending"' })),
    async ready(sender, number) {
      const json = { scan_code: new URL(tickets[number].scanUrl).pathname.split('/s/')[1] };
      const request = requestOf('POST', '/v1/scans', { headers: PHONE, json, host });
      tickets[number].handshake = jsonOf(await sender.send(request), 201, 'scan').handshake;
    },
    async tell(sender, number) {
      const { path, handshake } = tickets[number];
      const request = requestOf('POST', `${path}/confirm`, { headers: PHONE, json: { handshake }, host });
      jsonOf(await sender.send(request), 200, 'confirm');
    },
  };
}
