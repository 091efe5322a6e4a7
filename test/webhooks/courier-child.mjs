// A node that delivers to one receiver from queues on Redis, for a test that ends it. Runs what is built.
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [dist = '', url = '', receiver = '', address = ''] = process.argv.slice(2);
const part = (path) => import(new URL(path, `${pathToFileURL(dist).href}/`).href);
const [{ openRedisStore }, { REDIS_DEFAULTS }, { RedisQueue }, { Courier }, { receiverCall }] =
  await Promise.all(
    [
      'store/redis/open.js',
      'store/redis/redis-settings.js',
      'keepers/redis/redis-queue.js',
      'webhooks/courier.js',
      'webhooks/receiver-call.js',
    ].map(part),
  );
const { outward, systemResolve } = await part('outward/outward.js');
const { systemTime: time } = await part('time/system-time.js');

const settings = { ...REDIS_DEFAULTS, historyMs: 60_000, lifeMaxMs: 180_000, callTimeoutMs: 5000 };
const randomText = () => randomBytes(16).toString('hex');
const { recordCalls } = await openRedisStore({
  url,
  settings,
  migrate: false,
  time,
  random: Math.random,
  randomText,
});
const queue = new RedisQueue({
  calls: recordCalls,
  token: randomText(),
  bytesMax: 1e8,
  leaseMs: 600,
  now: time.now,
  nonce: () => randomBytes(8).readBigUInt64BE().toString(),
  onGone: () => undefined,
  isFollowed: () => true,
});
const call = outward({ reach: { privateHosts: [] }, resolve: systemResolve, time, timeoutMs: 10_000 });
const courier = new Courier(
  { id: receiver, url: `${address}/${process.pid}`, keys: [], isPrivate: true },
  {
    queue,
    archive: { keys: () => Promise.resolve(new Map()) },
    call: receiverCall(call, time.wallNow),
    time,
    lookMs: 100,
    trustedMs: 400,
    onDelivery: () => undefined,
    onWaiting: () => undefined,
  },
);
courier.open();
console.log('delivers');
