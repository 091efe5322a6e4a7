import type { Random } from '../../support/random.ts';
import type { WalkCall } from './event-calls.ts';

const MEMBERS = ['a', 'b', 'c', 'Z', '10', '9'];
const SCORES = ['0', '1', '1.5', '-3', '1700000000000', '0.1', '1e30', 'inf', 'x'];
const BOUNDS = ['-inf', '+inf', '0', '(0', '1', '(1.5', '1700000000000', '(x'];
const RANKS = ['0', '1', '-1', '-2', '5', '-9'];
const IDS = ['-', '+', '0', '5-1', '(5-1', '7', '99-0', '(0-0', 'x'];
const WORDS = [
  '',
  'one',
  '7',
  '-12',
  '70000',
  '5000000000',
  'w'.repeat(63),
  'w'.repeat(64),
  'y'.repeat(5_000),
];
const RELEASE =
  "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
const NUMBERS =
  "return { 10 / 4, -7.9, 1e3, 2 ^ 40, redis.call('INCR', KEYS[1]), false, true, 'end', nil, 'lost' }";

/** Commands that the store sends itself, and those of its functions, with arguments that are right or wrong. */
export class PlainCalls {
  readonly #random: Random;
  /** Ids that a stream had, the newest last. */
  readonly #ids: string[] = ['5-1'];

  constructor(random: Random) {
    this.#random = random;
  }

  any(): WalkCall {
    const random = this.#random;
    if (random.chance(0.05)) return this.#wrong();
    return random.pick([
      () => this.#string(),
      () => this.#lock(),
      () => this.#set(),
      () => this.#hash(),
      () => this.#sortedSet(),
      () => this.#rangeOfSortedSet(),
      () => this.#write(),
      () => this.#write(),
      () => this.#trim(),
      () => this.#range(),
      () => this.#script(),
    ])();
  }

  #string(): WalkCall {
    const key = this.#key('s');
    const [word, life] = [this.#random.pick(WORDS), this.#random.pick(['1', '20', '600'])];
    return this.#one(
      ['GET', key],
      ['SET', key, word],
      ['SET', key, word, 'PX', life],
      ['SET', key, word, 'PX', '0'],
      ['SET', key, '5', 'PXAT', String(Date.now() + this.#random.pick([-100, 50]))],
      ['MGET', key, this.#key('s'), this.#key('z'), 'nothing'],
      ['INCR', key],
      ['DEL', key, this.#key('s')],
      ['EXISTS', key, key, 'nothing'],
      ['PEXPIRE', key, this.#random.pick(['-1', '0', '30', 'x'])],
      ['PEXPIREAT', key, String(Date.now() + this.#random.pick([-100, 50]))],
      ['PEXPIRETIME', key],
      ['TYPE', key],
    );
  }

  #lock(): WalkCall {
    const key = this.#key('lock');
    const token = this.#random.pick(['mine', 'yours']);
    return this.#one(['SET', key, token, 'PX', '30', 'NX'], ['EVAL', RELEASE, '1', key, token]);
  }

  #set(): WalkCall {
    const key = this.#key('m');
    const members = [this.#random.pick(MEMBERS), this.#random.pick(MEMBERS)];
    return this.#one(['SADD', key, ...members], ['SMISMEMBER', key, ...members], ['PEXPIRE', key, '40']);
  }

  #hash(): WalkCall {
    const key = this.#key('h');
    const [field, word] = [this.#random.pick(MEMBERS), this.#random.pick(WORDS)];
    return this.#one(
      ['HSETNX', key, field, word],
      ['HSET', key, field, word, 'a', '1'],
      ['HSET', key, field],
      ['HMGET', key, field, 'a', 'b'],
      ['DEL', key],
    );
  }

  #sortedSet(): WalkCall {
    const key = this.#key('z');
    const [member, other] = [this.#random.pick(MEMBERS), this.#random.pick(MEMBERS)];
    const [score, second] = [this.#random.pick(SCORES), this.#random.pick(SCORES)];
    return this.#one(
      ['ZADD', key, score, member],
      ['ZADD', key, score, member, second, other],
      ['ZADD', key, 'NX', score, member],
      ['ZADD', key, score],
      ['ZREM', key, member, other],
      ['ZSCORE', key, member],
      ['ZCARD', key],
      ['ZREMRANGEBYSCORE', key, this.#random.pick(BOUNDS), this.#random.pick(BOUNDS)],
      ['ZREMRANGEBYRANK', key, this.#random.pick(RANKS), this.#random.pick(RANKS)],
    );
  }

  #rangeOfSortedSet(): WalkCall {
    const key = this.#key('z');
    const bounds = [this.#random.pick(BOUNDS), this.#random.pick(BOUNDS)];
    const ranks = [this.#random.pick(RANKS), this.#random.pick(RANKS)];
    const limit = ['LIMIT', this.#random.pick(['0', '1']), this.#random.pick(['-1', '0', '2'])];
    return this.#one(
      ['ZRANGEBYSCORE', key, ...bounds],
      ['ZRANGE', key, ...bounds, 'BYSCORE', ...limit],
      ['ZRANGE', key, ...bounds, 'BYSCORE', 'REV', ...limit],
      ['ZRANGE', key, ...ranks, 'WITHSCORES'],
      ['ZRANGE', key, ...ranks, 'REV'],
      ['ZRANGE', key, ...ranks, ...limit],
    );
  }

  #write(): WalkCall {
    const key = this.#key('x');
    // One stream has entries of nearly one size, so that its nodes hold many.
    const word = key === 'x1' ? 'w'.repeat(this.#random.between(60, 66)) : this.#random.pick(WORDS);
    const fields = this.#random.chance(0.9) ? ['e', word] : ['f', '1', 'g', '2'];
    const id = `${this.#random.between(1, 100)}-${this.#random.between(0, 3)}`;
    const call = this.#one(
      ['XADD', key, '*', ...fields],
      ['XADD', key, '*', ...fields],
      ['XADD', key, '*', ...fields],
      ['XADD', key, id, ...fields],
      ['XADD', key, '0-0', ...fields],
    );
    return { ...call, learn: (reply) => this.#ids.push(reply as string) };
  }

  #trim(): WalkCall {
    const key = this.#key('x');
    const minId = this.#random.pick([...this.#ids.slice(-20), String(Date.now() - 20)]);
    return this.#one(
      ['XTRIM', key, 'MINID', '~', minId, 'LIMIT', this.#random.pick(['0', '60', '20000'])],
      ['XTRIM', key, 'MINID', '~', minId],
      ['XTRIM', key, 'MINID', '=', minId, 'LIMIT', '5'],
    );
  }

  #range(): WalkCall {
    const key = this.#key('x');
    const bounds = [this.#random.pick(IDS), this.#random.pick(IDS)];
    const count = ['COUNT', this.#random.pick(['1', '3'])];
    return this.#one(
      ['XLEN', key],
      ['XRANGE', key, ...bounds, ...count],
      ['XREVRANGE', key, ...bounds, ...count],
      ['XREAD', ...count, 'STREAMS', key, this.#key('x'), '0-0', '5'],
      ['XREAD', 'STREAMS', key, this.#key('x'), '$'],
    );
  }

  #script(): WalkCall {
    const key = this.#key('s');
    return this.#one(
      [
        'EVAL',
        "return { redis.call('GET', KEYS[1]) == false, redis.call('SET', KEYS[1], 'a').ok }",
        '1',
        key,
      ],
      ['EVAL', NUMBERS, '1', 'counter'],
      ['EVAL', "return redis.pcall('ZADD', KEYS[1], 'x', 'y')", '1', key],
      ['EVAL', 'return { #ARGV[1], ARGV[1] }', '0', 'a\0b'],
      ['FCALL', 'nothing', '0'],
      ['FCALL_RO', 'sg3_trim', '0'],
    );
  }

  /** A key of another kind, or too few arguments. */
  #wrong(): WalkCall {
    const wrong = this.#random.pick([
      ['GET', this.#key('z')],
      ['ZADD', this.#key('s'), '1', 'a'],
      ['XADD', this.#key('h'), '*', 'e', '1'],
      ['SADD', this.#key('x'), 'a'],
      ['GET'],
      ['XADD', this.#key('x'), '*', 'e'],
      ['NOTHING', 'a'],
    ]);
    return { name: 'wrong', args: wrong };
  }

  #key(letter: string): string {
    return `${letter}${this.#random.between(1, 2)}`;
  }

  #one(...calls: readonly (readonly string[])[]): WalkCall {
    const args = this.#random.pick(calls);
    return { name: args[0] as string, args };
  }
}
