/** What each step of a sign-in costs: all tickets of a round are minted, then all are watched, and so on. */
import { personAt } from '../person.mjs';
import { cpuMs } from '../stage.mjs';

const AT_ONCE = 32;
const PER_SECOND = 300;
/** A ticket waits for all the others between two steps. */
const ENV = {
  SCANGATE_TICKET_LIFE: 'PT30M',
  SCANGATE_TICKET_LIFE_MAX: 'PT30M',
  SCANGATE_DECISION_TIME: 'PT30M',
  SCANGATE_CODE_LIFE: 'PT10M',
  SCANGATE_QR_PERIOD: 'PT1H',
};

export const steps = {
  name: 'steps',
  says: 'what each step of a sign-in costs the gateway, all sign-ins of a round at the same step',
  goals: [],

  async open(stage) {
    const redis = await stage.redis();
    const gateway = await stage.gateway({ store: redis.url, env: ENV });
    const people = Array.from({ length: AT_ONCE }, () => personAt(gateway.port));
    return { redis, gateway, people, tickets: [] };
  },

  close({ people }) {
    for (const { close } of people) close();
  },

  contenders: {
    mint: async (scene, seconds) => {
      scene.tickets = Array.from({ length: Math.round(PER_SECOND * seconds) }, () => ({}));
      return await each(scene, async (person, ticket) => Object.assign(ticket, await person.mint()));
    },
    watch: (scene) =>
      each(scene, async (person, ticket) => Object.assign(ticket, await person.watch(ticket))),
    scan: (scene) => each(scene, async (person, ticket) => Object.assign(ticket, await person.scan(ticket))),
    confirm: (scene) =>
      each(scene, async (person, ticket) => {
        await person.confirm(ticket);
        ticket.code = await ticket.told;
        ticket.close();
      }),
    redeem: (scene) => each(scene, (person, { code }) => person.redeem(code)),
  },
};

async function each({ redis, gateway, people, tickets }, act) {
  const before = [cpuMs(gateway.child), cpuMs(redis.child), performance.now()];
  await Promise.all(
    people.map(async (person, index) => {
      // A ticket stays with its phone.
      for (let at = index; at < tickets.length; at += people.length) await act(person, tickets[at]);
    }),
  );
  const seconds = (performance.now() - before[2]) / 1000;
  return {
    'a second': tickets.length / seconds,
    'ms of CPU': (cpuMs(gateway.child) - before[0]) / tickets.length,
    'ms of Redis': (cpuMs(redis.child) - before[1]) / tickets.length,
  };
}
