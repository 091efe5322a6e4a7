/** A crowd that opens its streams at once, as after a node went away: each read once from Redis. */
import { HELD_BY_ONE, closeAll, mintTickets, openAll, openWatch, watchRequest } from '../browsers.mjs';
import { counted } from '../figures.mjs';
import { cpuMs } from '../stage.mjs';

const AT_ONCE = 512;

export const opening = {
  name: 'opening',
  says: ({ browsers }) =>
    `streams opened a second, ${counted(Math.min(browsers, HELD_BY_ONE))} of them at once, each with its first event`,
  goals: [
    { of: 'gateway', beside: 'bare SSE', figure: 'a second', least: 0.4 },
    { of: 'gateway', beside: 'bare SSE', figure: 'ms of CPU', most: 2.5 },
  ],

  async open(stage, browsers) {
    const redis = await stage.redis();
    const env = { SCANGATE_TICKET_LIFE: 'PT30M', SCANGATE_TICKET_LIFE_MAX: 'PT30M' };
    const gateway = await stage.gateway({ store: redis.url, env });
    return {
      redis,
      gateway,
      bare: await stage.server('bench/peers/bare-told.mjs', [redis.url]),
      tickets: await mintTickets(gateway.port, Math.min(browsers, HELD_BY_ONE)),
    };
  },

  contenders: { gateway: opened('gateway'), 'bare SSE': opened('bare') },
};

function opened(name) {
  return async (scene) => {
    const { child, port } = scene[name];
    const before = [cpuMs(child), cpuMs(scene.redis.child), performance.now()];
    const sockets = await openAll(
      scene.tickets,
      (ticket) => openWatch(port, watchRequest('sse', port, ticket), (text) => text.includes('"pending"')),
      AT_ONCE,
    );
    const seconds = (performance.now() - before[2]) / 1000;
    closeAll(sockets);
    return {
      'a second': sockets.length / seconds,
      'ms of CPU': (cpuMs(child) - before[0]) / sockets.length,
      'ms of Redis': (cpuMs(scene.redis.child) - before[1]) / sockets.length,
    };
  };
}
