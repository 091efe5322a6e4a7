import { ledgerKey } from '../../../src/store/keys.ts';
import type { LedgerKind } from '../../../src/store/keys.ts';
import type { Random } from '../../support/random.ts';
import type { WalkCall } from './event-calls.ts';
import { bytesOf } from './subjects.ts';

const VALUES = ['', '1', 'a', 'a\0b', bytesOf('木の名'), '{"x":[1,2]}'];
const LIVES = ['1', '30', '400', '5000'];

/** Calls of `migrations/0002-ledger.lua`. */
export class LedgerCalls {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  any(): WalkCall {
    const random = this.#random;
    const value = random.pick(VALUES);
    const life = random.pick(LIVES);
    const expected = [random.pick(['0', '1']), random.pick(VALUES)];
    const member = `m${random.between(1, 8)}`;
    return random.pick([
      this.#call('put', 'value', value, life),
      this.#call('replace', 'value', ...expected, value, life),
      this.#call('delete', 'value', ...expected),
      this.#call('add', 'set', member, life, random.pick(['1', '3', '10'])),
      this.#members(),
      this.#call('count', 'count', life),
    ]);
  }

  #members(): WalkCall {
    const call = this.#call('members', 'set', this.#random.pick(['0', '2', '100']));
    return { ...call, args: ['FCALL_RO', ...call.args.slice(1)] };
  }

  #call(name: string, kind: LedgerKind, ...args: readonly string[]): WalkCall {
    const key = ledgerKey(0, kind, `n${this.#random.between(1, 4)}`);
    return {
      name: `ledger ${name}`,
      args: ['FCALL', `sgl1_${name}`, '1', key, ...args],
      outcome: (reply) => (typeof reply === 'number' && name !== 'count' ? String(reply) : 'answered'),
    };
  }
}
