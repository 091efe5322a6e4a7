import { readMigrations } from '../../../src/store/redis/setup/migration.ts';
import type { Trio } from './trio.ts';

type Info = Readonly<Record<string, string>>;

const isOnline =
  (replicas: number) =>
  (info: Info): boolean =>
    Object.values(info).filter((value) => value.includes('state=online')).length === replicas;
const isUp = (info: Info): boolean => info['master_link_status'] === 'up';
const NO_ID = '0'.repeat(40);

/** What three servers show while they follow, are promoted and demoted, die and come back. */
export async function tellStory(trio: Trio): Promise<readonly unknown[]> {
  const story = new Story(trio);
  await story.begins();
  await story.writesGoToTheMaster();
  await story.waitCountsTheConnectionsOffset();
  await story.anotherMasterIsMade();
  await story.theOldMasterLosesWhatItWroteSince();
  await story.twoThatWroteAsMuchAreApart();
  await story.aReplicaWithoutMoreGoesOn();
  await story.aMasterComesBackEmpty();
  return story.seen;
}

class Story {
  readonly seen: unknown[] = [];
  readonly #trio: Trio;
  /** Histories by the order in which they were first seen. */
  readonly #histories: string[] = [NO_ID];

  constructor(trio: Trio) {
    this.#trio = trio;
  }

  async begins(): Promise<void> {
    const [migration] = await readMigrations();
    await this.#ask(0, 'FUNCTION', 'LOAD', migration?.code ?? '');
    await this.#trio.follow(1, 0);
    await this.#trio.follow(2, 0);
    await this.#trio.until(0, 'two replicas', isOnline(2));
    await this.#look('two replicas follow');
  }

  async writesGoToTheMaster(): Promise<void> {
    const writer = await this.#trio.connect(0);
    const set = writer.call('SET', 'x', '1', 'PX', '100000');
    this.#note('written and waited for', [
      await this.#trio.wait(set),
      await this.#wait(writer.call('WAIT', 2, 5_000)),
    ]);
    await this.#ask(1, 'SET', 'x', '2');
    await this.#ask(1, 'FCALL', 'sg3_enter', 1, 'f', 'a', 'b', 'healed', '', 0, 1);
    await this.#ask(1, 'FCALL_RO', 'sg3_due', 2, 'd', 'f', 1);
    await this.#ask(1, 'EVAL', "return redis.call('SET', 'x', '2')", 0);
    await this.#ask(1, 'EVAL', "return redis.call('GET', 'x')", 0);
    await this.#ask(1, 'WAIT', 0, 10);
    await this.#ask(1, 'XADD', 'log', '*', 'e', '1');
    const reading = this.#trio.connect(1);
    const reader = await reading;
    const read = reader.call('XREAD', 'BLOCK', 5_000, 'STREAMS', 'log', '0');
    await this.#trio.pass(50);
    await this.#ask(0, 'XADD', 'log', '5-1', 'e', 'ä');
    this.#note('a reader at a replica hears', await this.#trio.wait(read));
    await this.#ask(0, 'SET', 'short', '1', 'PX', '30');
    await this.#trio.pass(100);
    await this.#ask(1, 'GET', 'short');
    await this.#ask(1, 'GET', 'x');
  }

  async waitCountsTheConnectionsOffset(): Promise<void> {
    this.#trio.freeze(2);
    await this.#ask(0, 'SET', 'y', '1');
    const other = await this.#trio.connect(0);
    const before = await this.#wait(other.call('WAIT', 2, 100));
    await this.#wait(other.call('PING'));
    this.#note('wait before and after a ping', [before, await this.#wait(other.call('WAIT', 2, 300))]);
    const late = other.call('WAIT', 2, 0);
    await this.#trio.pass(50);
    this.#trio.thaw(2);
    this.#note('wait without an end', await this.#wait(late));
  }

  async anotherMasterIsMade(): Promise<void> {
    await this.#trio.follow(1, undefined);
    await this.#trio.until(0, 'one replica', isOnline(1));
    await this.#look('two masters');
    await this.#ask(0, 'SET', 'gone', '1');
    await this.#ask(1, 'SET', 'kept', '1');
    await this.#trio.pass(200);
    await this.#ask(2, 'GET', 'gone');
  }

  async theOldMasterLosesWhatItWroteSince(): Promise<void> {
    const [reader, waiter] = [await this.#trio.connect(0), await this.#trio.connect(0)];
    const read = reader.call('XREAD', 'BLOCK', 5_000, 'STREAMS', 'log', '9');
    const waits = waiter.call('WAIT', 5, 5_000);
    await this.#trio.pass(50);
    await this.#trio.follow(0, 1);
    this.#note('who waited is sent away', [await this.#trio.wait(read), await this.#trio.wait(waits)]);
    await this.#trio.until(0, 'the link', isUp);
    await this.#trio.follow(2, 1);
    await this.#trio.until(2, 'the link', isUp);
    await this.#trio.until(1, 'two replicas', isOnline(2));
    for (const server of [0, 2]) {
      await this.#ask(server, 'MGET', 'gone', 'kept', 'x', 'y');
      await this.#ask(server, 'XRANGE', 'log', '-', '+');
      await this.#ask(server, 'FCALL_RO', 'sg3_due', 2, 'd', 'f', 1);
    }
    await this.#look('one master again');
  }

  /** The old master's place in the history it shares is one that the new one has too, with other writes before it. */
  async twoThatWroteAsMuchAreApart(): Promise<void> {
    await this.#trio.follow(0, undefined);
    await this.#ask(1, 'SET', 'lost', '1');
    await this.#ask(0, 'SET', 'kept', '2');
    await this.#trio.follow(1, 0);
    await this.#trio.until(1, 'the link', isUp);
    await this.#ask(1, 'MGET', 'lost', 'kept');
    await this.#look('the old master took everything anew', [0, 1]);
    await this.#trio.follow(1, undefined);
    for (const server of [0, 2]) {
      await this.#trio.follow(server, 1);
      await this.#trio.until(server, 'the link', isUp);
    }
  }

  async aReplicaWithoutMoreGoesOn(): Promise<void> {
    await this.#ask(1, 'SET', 'z', '1');
    await this.#trio.pass(200);
    await this.#trio.follow(0, undefined);
    await this.#trio.follow(2, 0);
    await this.#trio.until(0, 'a replica', isOnline(1));
    await this.#look('the third went over without losing anything');
    await this.#trio.follow(1, 0);
    await this.#trio.until(0, 'two replicas', isOnline(2));
    await this.#look('and the second');
  }

  async aMasterComesBackEmpty(): Promise<void> {
    await this.#trio.kill(0);
    await this.#trio.until(1, 'no link', (info) => !isUp(info));
    await this.#look('the master is dead', [1, 2]);
    await this.#trio.follow(2, 1);
    await this.#trio.pass(300);
    await this.#look('who has no master of its own takes nobody', [1, 2]);
    await this.#trio.follow(2, 0);
    await this.#trio.restart(0);
    await this.#trio.until(0, 'two replicas', isOnline(2));
    await this.#ask(1, 'MGET', 'x', 'y', 'z');
    await this.#ask(1, 'FCALL_RO', 'sg3_due', 2, 'd', 'f', 1);
    await this.#look('it came back with nothing');
  }

  async #ask(server: number, ...args: readonly (string | number)[]): Promise<void> {
    const client = await this.#trio.connect(server);
    this.#note(`${server}: ${args.join(' ').slice(0, 60)}`, await this.#wait(client.call(...args)));
  }

  async #look(what: string, servers: readonly number[] = [0, 1, 2]): Promise<void> {
    await this.#trio.pass(100);
    for (const server of servers) {
      const info = await this.#trio.info(server);
      this.#note(`${what}: ${server}`, {
        role: info['role'],
        link: info['master_link_status'],
        replicas: info['connected_slaves'],
        history: this.#historyOf(info['master_replid']),
        before: this.#historyOf(info['master_replid2']),
      });
    }
  }

  #historyOf(id = ''): number {
    if (!this.#histories.includes(id)) this.#histories.push(id);
    return this.#histories.indexOf(id);
  }

  #wait<T>(promise: Promise<T>): Promise<T> {
    return this.#trio.wait(promise);
  }

  #note(what: string, seen: unknown): void {
    this.seen.push([what, seen]);
  }
}
