/**
 * How soon a waiting browser is told: from when the phone's request was due at one node until the bytes are there at a socket that
 * another node holds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '../connection.mjs';
import { HELD_EACH, startHolders } from '../crowd.mjs';
import { counted } from '../figures.mjs';
import { lateness, nowMs, openLoop } from '../load.mjs';
import { nchanOf } from '../peers/nchan.mjs';
import { cpuMs } from '../stage.mjs';
import { channelCrowd, nchanWatch, bareWatch, socketIoWatch, ticketCrowd } from './crowds.mjs';

const PER_SECOND = 200;
const SENDERS = 64;
const LOST_AFTER_MS = 10_000;
const TOLD = 'confirmed';
const ENV = {
  SCANGATE_TICKET_LIFE: 'PT30M',
  SCANGATE_TICKET_LIFE_MAX: 'PT30M',
  SCANGATE_QR_PERIOD: 'PT1H',
};

export const delivery = {
  name: 'delivery',
  says: ({ browsers }) =>
    `confirm to browser over two nodes, ${PER_SECOND} a second while ${counted(browsers)} browsers wait; what a confirm decides counts, too`,
  needsPeers: true,
  goals: [
    { of: 'gateway', beside: 'bare', figure: 'p50 ms', most: 1.5 },
    { of: 'gateway', beside: 'bare', figure: 'p99 ms', most: 1.5 },
    { of: 'gateway', beside: 'socket.io', figure: 'p99 ms', most: 1 },
  ],

  async open(stage, browsers) {
    const redis = await stage.redis();
    const pair = async (start) => [await start(), await start()];
    return {
      redis,
      browsers,
      holders: startHolders(Math.ceil(browsers / HELD_EACH)),
      gateway: await pair(() => stage.gateway({ store: redis.url, env: ENV })),
      bare: await pair(() => stage.server('bench/peers/bare-told.mjs', [redis.url])),
      socketIo: await pair(() => stage.server('bench/peers/socket-io.mjs', [redis.url])),
      nchan: await pair(() =>
        stage.program((port) => nchanOf({ port, folder: stage.folder, redisUrl: redis.url })),
      ),
    };
  },

  close({ holders }) {
    for (const { end } of holders) end();
  },

  contenders: {
    gateway: told('gateway', ticketCrowd),
    bare: told('bare', channelCrowd(bareWatch)),
    'socket.io': told('socketIo', channelCrowd(socketIoWatch)),
    'Nchan with Redis': told('nchan', channelCrowd(nchanWatch)),
  },
};

/** A round: a crowd comes, some of it are told while all wait, the crowd leaves, so that it costs the next contender nothing. */
function told(name, crowdOf) {
  return async ({ holders, browsers, redis, [name]: nodes }, seconds) => {
    const count = Math.round(PER_SECOND * seconds);
    if (browsers < count) throw new Error(`${count} are told in a round: more --browsers, or less --seconds`);
    const each = Math.ceil(browsers / holders.length);
    const parts = [];
    for (const [index, holder] of holders.entries())
      parts.push(await partOf(holder, crowdOf, nodes, index, each, Math.ceil(count / holders.length)));
    const before = [...nodes.map(({ child }) => cpuMs(child)), cpuMs(redis.child)];
    const { due, done } = await openLoop({
      perSecond: PER_SECOND,
      count,
      work: (number) => parts[number % parts.length].tell(Math.floor(number / parts.length)),
    });
    const at = await heardBy(parts, count);
    const after = [...nodes.map(({ child }) => cpuMs(child)), cpuMs(redis.child)];
    const used = after.map((value, index) => (value - before[index]) / count);
    for (const { leave } of parts) await leave();
    const { p50, p99, p999 } = lateness(due, at);
    return {
      'p50 ms': p50,
      'p99 ms': p99,
      'p99.9 ms': p999,
      'answered p50 ms': lateness(due, done).p50,
      'ms of CPU': used[0] + used[1],
      'ms of Redis': used[2],
      lost: at.filter((one) => one === Infinity).length,
    };
  };
}

/** What one holder holds at one node, and how the other node is asked to tell the first `count` of it. */
async function partOf(holder, crowdOf, nodes, index, browsers, count) {
  const here = nodes[index % nodes.length].port;
  const there = nodes[(index + 1) % nodes.length].port;
  const crowd = await crowdOf(here, there, browsers);
  await holder.open(here, crowd.watches);
  // Of this round: a server may close what was idle for longer.
  const free = Array.from({ length: SENDERS }, () => new Connection(there));
  for (let number = 0; number < count; number += 1) await crowd.ready(free[number % SENDERS], number);
  await holder.hear(TOLD);
  return {
    holder,
    async tell(number) {
      const sender = free.pop() ?? new Connection(there);
      await crowd.tell(sender, number);
      free.push(sender);
    },
    async leave() {
      for (const sender of free) sender.close();
      await holder.leave();
    },
  };
}

/** When each was told, in the order of the telling; never is Infinity. */
async function heardBy(parts, count) {
  const end = nowMs() + LOST_AFTER_MS;
  for (;;) {
    const heard = await Promise.all(parts.map(async ({ holder }) => (await holder.heard()).at));
    const at = Array.from(
      { length: count },
      (_, number) => heard[number % parts.length][Math.floor(number / parts.length)] || Infinity,
    );
    if (nowMs() > end || !at.includes(Infinity)) return at;
    await sleep(100);
  }
}
