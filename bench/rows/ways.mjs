/** What a worker of the load does again and again at each contender: `{ step, close }` on a kept connection. */
import { Connection, jsonOf, requestOf } from '../connection.mjs';
import { closedLoop } from '../load.mjs';
import { personAt } from '../person.mjs';
import { cpuMs } from '../stage.mjs';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const BARE_CALL = requestOf('POST', '/', { json: { client_id: 'demo', filler: 'x'.repeat(200) } });

export function bareCalls(count) {
  return ({ port }) => {
    const connection = new Connection(port);
    return {
      async step() {
        for (let call = 0; call < count; call += 1)
          jsonOf(await connection.send(BARE_CALL), 201, 'a bare call');
      },
      close: () => connection.close(),
    };
  };
}

export const minting = ({ port }) => stepOf(personAt(port), 'mint');
export const signingIn = ({ port }) => stepOf(personAt(port), 'signIn');
export const byDevice = ({ port }) => stepOf(personAt(port), 'signInByDevice');

function stepOf(person, name) {
  return { step: () => person[name](), close: person.close };
}

/** The device flow of oidc-provider: its three requests, and what its pages would do. */
export const oidcProvider = ({ port }) =>
  deviceFlow(port, {
    start: ['/device/auth', { form: { client_id: 'demo', scope: 'openid' } }],
    token: (device_code) => [
      '/token',
      { form: { client_id: 'demo', grant_type: DEVICE_GRANT, device_code } },
    ],
  });

export const betterAuth = ({ port }) =>
  deviceFlow(port, {
    start: ['/api/auth/device/code', { json: { client_id: 'demo', scope: 'openid' } }],
    token: (device_code) => [
      '/api/auth/device/token',
      { json: { client_id: 'demo', grant_type: DEVICE_GRANT, device_code } },
    ],
  });

function deviceFlow(port, { start, token }) {
  const connection = new Connection(port);
  const post = async ([path, body]) =>
    jsonOf(await connection.send(requestOf('POST', path, { ...body, host: `localhost:${port}` })), 200, path);
  return {
    async step() {
      const { device_code, user_code } = await post(start);
      await post(['/approve', { json: { user_code } }]);
      await post(token(device_code));
    },
    close: () => connection.close(),
  };
}

/** A contender of a row: `workers` at once do what `way` says at the server of this name, for so many seconds. */
export function contender(name, way, workers) {
  return async (scene, seconds) => {
    const server = scene[name];
    const all = Array.from({ length: workers }, () => way(server));
    const before = [cpuMs(server.child), cpuMs(scene.redis.child)];
    try {
      const { done, perSecond } = await closedLoop({ workers, seconds, work: (index) => all[index].step() });
      return {
        'a second': perSecond,
        'ms of CPU': (cpuMs(server.child) - before[0]) / done,
        'ms of Redis': (cpuMs(scene.redis.child) - before[1]) / done,
      };
    } finally {
      for (const { close } of all) close();
    }
  };
}
