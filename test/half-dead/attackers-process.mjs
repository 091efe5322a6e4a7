/** The attackers in a process of their own: their work shall not be taken for the gateway's, nor for the owner's. */
import { register } from 'node:module';

register('../../scripts/typescript-loader.mjs', import.meta.url);
const { Attackers } = await import('./attackers.ts');

let attackers;
const answers = {
  begin: (plan) => void (attackers = new Attackers(plan)),
  look: () => ({ opened: attackers.opened, isComplete: attackers.isComplete, ends: attackers.ends() }),
  rest: () => attackers.rest(),
};

process.on('message', ({ id, what, plan }) => process.send({ id, answer: answers[what](plan) ?? {} }));
process.on('disconnect', () => process.exit());
process.send({ id: 0, answer: {} });
