/** The attackers in a process of their own: their work shall not be taken for the gateway's, nor for the owner's. */
import { register } from 'node:module';

register('../../scripts/typescript-loader.mjs', import.meta.url);
const { Attackers } = await import('./attackers.ts');

let attackers;
const answers = {
  begin: ({ plan }) => void (attackers = new Attackers(plan)),
  hold: ({ held }) => attackers.hold(held),
  look: () => ({ opened: attackers.opened, ends: attackers.ends() }),
  rest: () => attackers.rest(),
};

process.on('message', ({ id, what, ...more }) => process.send({ id, answer: answers[what](more) ?? {} }));
process.on('disconnect', () => process.exit());
process.send({ id: 0, answer: {} });
