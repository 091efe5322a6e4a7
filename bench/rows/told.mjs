import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { closedLoop } from '../load.mjs';
import { cpuMs } from '../stage.mjs';
import { signingIn } from './ways.mjs';

const AT_ONCE = 16;
const WARM_UP_STEPS = 1000;
/** Events of one sign-in that a webhook for all kinds is told of. */
const EVENTS = 5;
/** Who was not told by then is not told any more. */
const TOLD_WITHIN_MS = 60_000;
const SECRET = `whsec_${Buffer.alloc(24, 'bench').toString('base64')}`;

/** A receiver that takes everything at once. */
async function receiver() {
  const told = { count: 0 };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      told.count += 1;
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, told, url: `http://127.0.0.1:${server.address().port}/` };
}

async function gateway(stage, name, kinds) {
  const redis = await stage.redis();
  if (kinds === undefined)
    return {
      redis,
      gateway: await stage.gateway({ store: redis.url, env: { SCANGATE_AUDIT_REDIS_BYTES: '0' } }),
    };
  const told = await receiver();
  const file = join(stage.folder, `${name}.json`);
  const webhook = { url: told.url, secret: SECRET, private: true, ...(kinds === 'all' ? {} : { kinds }) };
  await writeFile(file, JSON.stringify([webhook]), { mode: 0o600 });
  const env = { SCANGATE_WEBHOOKS_FILE: file };
  return { redis, ...told, gateway: await stage.gateway({ store: redis.url, env }) };
}

/** What a sign-in costs until all of it is told. */
function whole(name, messages) {
  return async (scene, seconds) => {
    const one = scene[name];
    const all = Array.from({ length: AT_ONCE }, () => signingIn(one.gateway));
    const before = [cpuMs(one.gateway.child), cpuMs(one.redis.child), one.told?.count ?? 0];
    try {
      const { done, perSecond } = await closedLoop({
        workers: AT_ONCE,
        seconds,
        work: (index) => all[index].step(),
      });
      const due = before[2] + done * messages;
      const end = performance.now() + TOLD_WITHIN_MS;
      while (one.told !== undefined && one.told.count < due) {
        if (performance.now() > end) throw new Error(`${name}: told of ${one.told.count} events of ${due}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return {
        'a second': perSecond,
        'ms of CPU': (cpuMs(one.gateway.child) - before[0]) / done,
        'ms of Redis': (cpuMs(one.redis.child) - before[1]) / done,
      };
    } finally {
      for (const { close } of all) close();
    }
  };
}

export const told = {
  name: 'told',
  says: 'whole sign-ins with a record in Redis and one webhook, until all of it is told, beside the same without either',
  warmUpSteps: WARM_UP_STEPS,
  goals: [
    { of: 'opened told', beside: 'no record', figure: 'ms of CPU', most: 1.25 },
    { of: 'all told', beside: 'no record', figure: 'ms of CPU', most: 1.25 },
  ],
  async open(stage) {
    return {
      'no record': await gateway(stage, 'none'),
      'opened told': await gateway(stage, 'opened', ['opened']),
      'all told': await gateway(stage, 'all', 'all'),
    };
  },
  close: (scene) => Object.values(scene).forEach(({ server }) => server?.close()),
  contenders: {
    'no record': whole('no record', 0),
    'opened told': whole('opened told', 1),
    'all told': whole('all told', EVENTS),
  },
};
