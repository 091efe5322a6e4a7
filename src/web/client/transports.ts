import { askTransport } from './ask-transport.ts';
import { eventSourceTransport } from './event-source-transport.ts';
import type { Platform } from './platform.ts';
import { pollTransport } from './poll-transport.ts';
import { socketTransport } from './socket-transport.ts';
import { streamTransport } from './stream-transport.ts';
import type { Access, Transport, TransportName } from './transport.ts';

/**
 * The transports that this browser has for this ticket, best first.
 *
 * @param wanted - only these, all when missing; asking is the last resort where none of them is to be had.
 */
export function transportsFor(
  platform: Platform,
  access: Access,
  wanted: readonly TransportName[] | undefined,
): [Transport, ...Transport[]] {
  const able = [
    socketTransport(platform, access),
    eventSourceTransport(platform, access),
    streamTransport(platform, access),
    pollTransport(platform, access),
    askTransport(platform, access),
  ].filter((transport) => transport && (!wanted || wanted.indexOf(transport.name) >= 0)) as Transport[];
  const [best = askTransport(platform, access), ...others] = able;
  return [best, ...others];
}
