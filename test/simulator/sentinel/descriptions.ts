import type { Reply } from '../server/reply.ts';
import type { Watched } from './watched.ts';

/** `SENTINEL MASTER`: what a client reads of it. */
export function describeMaster(
  master: Watched,
  state: { readonly isAgreedDown: boolean; readonly configEpoch: number; readonly otherSentinels: number },
): Reply {
  const flags = ['master', ...(state.isAgreedDown ? ['o_down'] : [])];
  return [
    ...placeOf(master, flags),
    'config-epoch',
    String(state.configEpoch),
    'num-other-sentinels',
    String(state.otherSentinels),
  ];
}

/** One of `SENTINEL REPLICAS`. */
export function describeReplica(replica: Watched): Reply {
  return placeOf(replica, ['slave']);
}

/** One of `SENTINEL SENTINELS`. */
export function describeSentinel(sentinel: Watched): Reply {
  return placeOf(sentinel, ['sentinel']);
}

function placeOf({ address, downSince, isConnected }: Watched, kinds: readonly string[]): string[] {
  const [ip = '', port = ''] = address.split(':');
  const down = downSince === undefined ? [] : ['s_down'];
  const flags = [...kinds, ...down, ...(isConnected ? [] : ['disconnected'])];
  return ['name', address, 'ip', ip, 'port', port, 'flags', flags.join(',')];
}
